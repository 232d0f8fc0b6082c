import type { IncomingHttpHeaders } from 'node:http'
import type { Backplane, HistoryOptions } from './backplane/contract.ts'
import type { ServerLimits } from './limits.ts'

/** Who a client is, as `authenticate` says. */
export interface Identity {
  readonly user: string
  /** Tenants share nothing: the same topic name is another topic in each. 1 to 64 of `A-Z a-z 0-9 _ . -`. */
  readonly tenant?: string
  /** When the credentials end, in milliseconds since 1970; the connection then ends with 4200. */
  readonly expiresAt?: number
  /** Anything the application wants to find again in `authorize` and `onPublish`. */
  readonly claims?: unknown
}

/** How a client reached the server. */
export type ClientTransport = 'websocket' | 'sse' | 'longpoll'

/** What `authenticate` sees. */
export interface ConnectRequest {
  readonly headers: IncomingHttpHeaders
  readonly url: string
  /** The token of the open object, or of an `Authorization: Bearer` header. */
  readonly token: string | undefined
  readonly remoteAddress: string | undefined
  readonly transport: ClientTransport | 'send'
}

export interface AuthorizeRequest {
  readonly user: string
  readonly identity: Identity
  /** `presence`: to be seen in the topics; `watch`: to see who is there. */
  readonly action: 'subscribe' | 'publish' | 'presence' | 'watch'
  readonly topics: readonly string[]
}

/** One answer for all topics, or one per topic; a topic that is not named is not allowed. */
export type Authorization = boolean | Readonly<Record<string, boolean>> | ReadonlyMap<string, boolean>

/** A message that a client wants to publish. */
export interface ClientMessage {
  readonly topic: string
  readonly event: string
  readonly data: unknown
  readonly identity: Identity
}

/** What holds for the topics of one namespace, the text before the first `:` of their names. */
export interface TopicOptions {
  /** Messages kept for resumes and late comers. @defaultValue 100; 1 for `latest` */
  readonly history?: number
  /** How long a message is kept, in milliseconds. @defaultValue 300000 */
  readonly historyMs?: number
  /**
   * `stream`: every message counts. `latest`: only the newest does; a resume gets the newest message and no `reset`.
   * @defaultValue 'stream'
   */
  readonly kind?: 'stream' | 'latest'
  /** Whether clients may publish at all; `authorize` then says which of them. @defaultValue false */
  readonly clientSend?: boolean
  /** Whether clients may be seen there and see who is; `authorize` then says which of them. @defaultValue false */
  readonly presence?: boolean
  /**
   * The state that the topic's messages change. Asked for after a `reset`, sent as `snap`; the topic's position is
   * taken before it is called, so nothing falls between.
   */
  readonly snapshot?: (topic: string) => unknown
  /**
   * Sees each message of a client before it is stored. Returns nothing to let it pass, or what to store instead.
   * Throws `EverwireError('rejected', message)` to refuse it; the client reads the message.
   */
  readonly onPublish?: (
    message: ClientMessage,
  ) => void | { event?: string; data?: unknown } | Promise<void | { event?: string; data?: unknown }>
}

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  /** What happened, in words, without names or data of clients. */
  readonly message: string
  readonly error?: unknown
}

export interface RealtimeServerOptions {
  /**
   * Who a client is. Asked each time a client opens a connection or sends, resumes too. Returning `null` or throwing
   * refuses the client with 4201. @defaultValue everybody is the user `''`
   */
  readonly authenticate?: (request: ConnectRequest) => Identity | null | Promise<Identity | null>
  /**
   * What a client may do. @defaultValue subscribe to all, publish where `clientSend` is set, be seen and see who is
   * there where `presence` is set
   */
  readonly authorize?: (request: AuthorizeRequest) => Authorization | Promise<Authorization>
  /** Namespace, or `*` for all others → what holds for its topics. */
  readonly topics?: Readonly<Record<string, TopicOptions>>
  /**
   * Which pages may connect: `same` (the page's host is the host it asks), exact origins such as
   * `https://app.example.org`, or `*`: every page, but without cookies. @defaultValue 'same'
   */
  readonly origins?: 'same' | '*' | readonly string[]
  /** What instances share. @defaultValue `memoryBackplane()` */
  readonly backplane?: Backplane
  readonly limits?: Partial<ServerLimits>
  /** The server lets no more than this pass without a frame, in milliseconds. @defaultValue 25000 */
  readonly heartbeatMs?: number
  /**
   * How many reconnects a second the fleet takes. After a cut or a stop each client waits a random time out of
   * `connections / reconnectsPerSecond` seconds. @defaultValue 4000
   */
  readonly reconnectsPerSecond?: number
  /**
   * How long somebody whose connection is gone still counts as there, in milliseconds, so that reconnects, changes of
   * transport and the pauses between two polls do not flicker. @defaultValue 5000
   */
  readonly presenceLingerMs?: number
  /** How long a topic's live feed outlives its last subscriber, in milliseconds. @defaultValue 60000 */
  readonly feedLingerMs?: number
  /** How often topics compare their head with a shared backplane's, in milliseconds. @defaultValue 60000 */
  readonly verifyMs?: number
  /** Where `handle` and `handleUpgrade` look for requests. @defaultValue '/realtime' */
  readonly path?: string
  /** Hears what an operator may want to know. @defaultValue errors go to `console.error` */
  readonly log?: (entry: LogEntry) => void
}

/** The options of one namespace with its defaults. */
export interface TopicRules {
  readonly history: HistoryOptions
  readonly kind: 'stream' | 'latest'
  readonly clientSend: boolean
  readonly presence: boolean
  readonly snapshot: TopicOptions['snapshot']
  readonly onPublish: TopicOptions['onPublish']
}

/** Finds a topic's rules by its namespace. */
export function createTopicRules(topics: RealtimeServerOptions['topics'] = {}): (topic: string) => TopicRules {
  const rules = new Map<string, TopicRules>()
  for (const [namespace, options] of Object.entries(topics)) {
    const { kind = 'stream', history = kind === 'latest' ? 1 : 100, historyMs = 300_000 } = options
    if (!Number.isSafeInteger(history) || history < 1) {
      throw new RangeError(`topics.${namespace}.history must be a whole number of messages from 1 on, got ${history}`)
    }
    if (!(historyMs > 0)) throw new RangeError(`topics.${namespace}.historyMs must be above 0 ms, got ${historyMs}`)
    rules.set(namespace, {
      history: { size: history, ttlMs: historyMs },
      kind,
      clientSend: options.clientSend ?? false,
      presence: options.presence ?? false,
      snapshot: options.snapshot,
      onPublish: options.onPublish,
    })
  }
  const others: TopicRules = rules.get('*') ?? {
    history: { size: 100, ttlMs: 300_000 },
    kind: 'stream',
    clientSend: false,
    presence: false,
    snapshot: undefined,
    onPublish: undefined,
  }
  return (topic) => {
    const end = topic.indexOf(':')
    return rules.get(end < 0 ? topic : topic.slice(0, end)) ?? others
  }
}
