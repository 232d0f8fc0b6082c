import type { TransportName } from './transport.ts'

/** What an application needs and what stands between it and its users. */
export interface TransportRequirements {
  /** `down`: the server tells, the client asks by ordinary requests. `both`: the client sends often too. */
  readonly direction: 'down' | 'both'
  /** Messages to one client in its busiest second. */
  readonly messagesPerSecond: number
  /** Bytes that are no text: images, audio, packed numbers. */
  readonly binary: boolean
  /** How soon a message must be there: as soon as the network allows, within a second, or within some seconds. */
  readonly latency: 'at-once' | 'a-second' | 'some-seconds'
  /**
   * What is between users and servers: nothing that minds (`open`), proxies of one's own (`own`), or those of companies,
   * hotels and schools (`corporate`).
   */
  readonly proxies: 'open' | 'own' | 'corporate'
  /** Pages reach the server over HTTP/2 or later. */
  readonly http2: boolean
  /** Servers hold connections for hours (`servers`), or answer requests within a limit of seconds (`functions`). */
  readonly infrastructure: 'servers' | 'functions'
  /** Tabs of the application that one user has open at a time. */
  readonly tabs: number
}

export type PitfallName =
  | 'no-reconnection'
  | 'six-connections'
  | 'zombie-connections'
  | 'no-fallback'
  | 'missing-cors'
  | 'no-ordering'
  | 'listener-leaks'
  | 'no-timeout'

/** What goes wrong where one writes it oneself, and what everwire does about it. */
export interface Pitfall {
  readonly name: PitfallName
  readonly what: string
  readonly cure: string
}

/** One transport, judged for these requirements. */
export interface RankedTransport {
  readonly transport: TransportName
  /** From 0 to 100, to compare with the others. */
  readonly score: number
  /** It cannot do what is needed at all; then it ranks last. */
  readonly excluded: boolean
  readonly reasonsFor: readonly string[]
  readonly reasonsAgainst: readonly string[]
  readonly pitfalls: readonly Pitfall[]
}

export interface TransportRecommendation {
  /** Best first, all three. */
  readonly ranked: readonly [RankedTransport, RankedTransport, RankedTransport]
  /** The client to paste. */
  readonly code: string
}

/** A reason and its weight; for where it is above 0, against where it is below. */
type Reason = readonly [weight: number, text: string]

const TRANSPORTS: readonly TransportName[] = ['websocket', 'sse', 'longpoll']
const NAMES: Readonly<Record<TransportName, string>> = {
  websocket: 'WebSocket',
  sse: 'Server-Sent Events',
  longpoll: 'Long polling',
}
const MAKERS: Readonly<Record<TransportName, string>> = {
  websocket: 'webSocket()',
  sse: 'eventStream()',
  longpoll: 'longPoll()',
}

/** Below this a request for each message is no burden; above it, it is most of the work. */
const BUSY_PER_SECOND = 5
/** From here on the messages of one client come several to a frame, and what carries them decides. */
const FLOOD_PER_SECOND = 200
/** Browsers open six connections to a host over HTTP/1.1, all tabs together; one is left for requests. */
const TABS_OF_HTTP1 = 5

/**
 * Ranks the transports for an application, with the reasons for and against each. Pure: the same requirements give the
 * same answer. It says where to begin; everwire's ladder tries the others wherever the first does not get through.
 * @throws RangeError where `messagesPerSecond` or `tabs` is no number from 0 on
 */
export function recommendTransport(requirements: TransportRequirements): TransportRecommendation {
  for (const name of ['messagesPerSecond', 'tabs'] as const) {
    const value = requirements[name]
    if (!(value >= 0)) throw new RangeError(`${name} must be a number from 0 on, got ${String(value)}`)
  }
  const judged = TRANSPORTS.map((transport) => judge(transport, requirements))
  // The order of the list decides between equals: it is the order of what they can do.
  const ranked = [...judged].sort((a, b) => Number(a.excluded) - Number(b.excluded) || b.score - a.score)
  return { ranked: ranked as never, code: codeFor(ranked, requirements) }
}

function judge(transport: TransportName, requirements: TransportRequirements): RankedTransport {
  const reasons = REASONS[transport](requirements)
  const excluded = transport !== 'longpoll' && requirements.infrastructure === 'functions'
  const sum = reasons.reduce((total, [weight]) => total + weight, 50)
  return {
    transport,
    score: excluded ? 0 : Math.max(0, Math.min(100, sum)),
    excluded,
    reasonsFor: reasons.filter(([weight]) => weight > 0).map(([, text]) => text),
    reasonsAgainst: reasons.filter(([weight]) => weight < 0).map(([, text]) => text),
    pitfalls: pitfallsOf(transport, requirements),
  }
}

const when = (holds: boolean, weight: number, text: string): readonly Reason[] => (holds ? [[weight, text]] : [])

const REASONS: Readonly<Record<TransportName, (requirements: TransportRequirements) => readonly Reason[]>> = {
  websocket: ({ direction, messagesPerSecond, binary, latency, proxies, infrastructure, tabs }) => [
    ...when(direction === 'both', 25, 'It carries both directions: a send needs no request of its own.'),
    ...when(
      direction === 'down',
      -5,
      'It carries a direction that you do not use, and needs a protocol of its own for it.',
    ),
    ...when(
      messagesPerSecond > FLOOD_PER_SECOND,
      15,
      'A frame costs 2 to 10 bytes, so many small messages stay small.',
    ),
    ...when(binary, 20, 'It carries bytes as they are; the others write them as base64, a third larger.'),
    ...when(latency === 'at-once', 10, 'Nothing waits: a message is there after the time of the network, both ways.'),
    ...when(tabs > TABS_OF_HTTP1, 10, 'It does not count among the six connections that a browser has for a host.'),
    ...when(proxies === 'own', -5, 'A proxy must be told to pass it: HTTP/1.1 and the headers Upgrade and Connection.'),
    ...when(
      proxies === 'corporate',
      -25,
      'Proxies of companies refuse the upgrade, swallow it, or drop the connection when it is quiet.',
    ),
    ...when(infrastructure === 'functions', -60, 'A function that answers within seconds cannot hold a connection.'),
  ],
  sse: ({ direction, messagesPerSecond, binary, latency, proxies, http2, infrastructure, tabs }) => [
    ...when(direction === 'down', 20, 'It is made for this: the server tells, over an ordinary HTTP response.'),
    ...when(direction === 'both', -10, 'Each send is a request of its own beside the stream.'),
    ...when(
      messagesPerSecond > BUSY_PER_SECOND,
      5,
      'Messages follow each other in one response, without a request for each.',
    ),
    ...when(binary, -15, 'It is text: bytes travel as base64, a third larger.'),
    ...when(latency === 'at-once', 5, 'A message is there as soon as with a WebSocket.'),
    ...when(http2, 10, 'Over HTTP/2 a stream costs no connection of its own.'),
    ...when(
      !http2 && tabs > TABS_OF_HTTP1,
      -35,
      'Over HTTP/1.1 a browser has six connections for a host, all tabs together: the seventh waits for ever.',
    ),
    ...when(proxies === 'own', 5, 'It passes what passes HTTP, where the proxy does not buffer.'),
    ...when(proxies === 'corporate', -5, 'Some proxies hold a response back until it is complete.'),
    ...when(infrastructure === 'functions', -60, 'A function that answers within seconds cannot hold a stream.'),
  ],
  longpoll: ({ direction, messagesPerSecond, binary, latency, proxies, http2, infrastructure, tabs }) => [
    ...when(proxies === 'corporate', 20, 'It passes whatever lets a request through: each answer is whole and short.'),
    ...when(infrastructure === 'functions', 30, 'Each answer ends soon, so it runs where nothing lives long.'),
    ...when(latency === 'some-seconds', 10, 'The time for a new request does not matter to you.'),
    ...when(latency === 'at-once', -15, 'After each answer there is a request before the next message can come.'),
    ...when(
      messagesPerSecond > BUSY_PER_SECOND,
      -20,
      'At this rate it asks again all the time: each answer costs hundreds of bytes of headers.',
    ),
    ...when(messagesPerSecond <= BUSY_PER_SECOND, 5, 'At this rate a request for each answer is no burden.'),
    ...when(direction === 'both', -10, 'Each send is a request of its own.'),
    ...when(binary, -15, 'Bytes travel as base64, a third larger.'),
    ...when(
      !http2 && tabs > TABS_OF_HTTP1,
      -25,
      'A poll that is held takes one of the six connections that a browser has for a host over HTTP/1.1.',
    ),
  ],
}

const PITFALLS: Readonly<Record<PitfallName, Omit<Pitfall, 'name'>>> = {
  'no-reconnection': {
    what: 'A WebSocket that is closed stays closed, and a fetch that fails is over.',
    cure: 'The connection comes back by itself: at once after a first cut, then with jittered back-off, and at once when the page wakes or is online.',
  },
  'six-connections': {
    what: 'Over HTTP/1.1 a browser opens six connections to a host. Six open streams, in whichever tabs, leave none for requests.',
    cure: 'One connection a tab for all topics, and with shareTabs one for all tabs.',
  },
  'zombie-connections': {
    what: 'A connection whose other end is gone looks open: writes succeed and nothing comes.',
    cure: 'The server beats, silence is noticed and asked about, and a wire that does not answer is replaced.',
  },
  'no-fallback': {
    what: 'Where the one transport does not get through, the application is dead for that user.',
    cure: 'The ladder proves each transport, falls to the next in a fraction of a second and climbs back when it can.',
  },
  'missing-cors': {
    what: 'Another origin needs CORS headers for streams and polls, and a WebSocket is not protected by it at all.',
    cure: 'The server answers listed origins, and refuses all others before any upgrade.',
  },
  'no-ordering': {
    what: 'Requests overtake each other, and after a reconnect messages are missing or come twice.',
    cure: 'Every message has a position: what was missed is replayed in order, once, or a reset says that it cannot be.',
  },
  'listener-leaks': {
    what: 'A component that opens a connection in an effect leaves listeners and sockets behind.',
    cure: 'Hooks subscribe to a store outside React; the last one to leave closes what nobody needs.',
  },
  'no-timeout': {
    what: 'A handshake or request that is never answered waits for ever.',
    cure: 'Every attempt has a time for its proof, every send a time for its ack.',
  },
}

function pitfallsOf(transport: TransportName, { http2, tabs, proxies }: TransportRequirements): readonly Pitfall[] {
  const overHttp = transport !== 'websocket'
  const names: readonly (PitfallName | false)[] = [
    'no-reconnection',
    overHttp && !http2 && tabs > 1 && 'six-connections',
    'zombie-connections',
    (proxies !== 'open' || transport === 'websocket') && 'no-fallback',
    'missing-cors',
    'no-ordering',
    'listener-leaks',
    'no-timeout',
  ]
  return names.flatMap((name) => (name ? [{ name, ...PITFALLS[name] }] : []))
}

function codeFor(ranked: readonly RankedTransport[], { tabs, http2 }: TransportRequirements): string {
  const usable = ranked.filter(({ excluded }) => !excluded).map(({ transport }) => transport)
  const isDefault = usable.join() === TRANSPORTS.join()
  const makers = usable.map((transport) => MAKERS[transport])
  const imports = ['createClient', ...(isDefault ? [] : makers.map((maker) => maker.replace('()', '')))]
  const lines = [
    `import { ${imports.join(', ')} } from 'everwire'`,
    '',
    `// ${usable.map((transport) => NAMES[transport]).join(', then ')}`,
    'export const client = createClient({',
    "  url: '/realtime',",
    ...(isDefault ? [] : [`  transports: [${makers.join(', ')}],`]),
    ...(tabs > 1 && (!http2 || tabs > TABS_OF_HTTP1) ? ['  shareTabs: true,'] : []),
    '})',
  ]
  return lines.join('\n')
}
