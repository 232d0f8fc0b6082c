import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createRealtimeServer, EverwireError, memoryBackplane, type RealtimeServer } from '../src/server.ts'
import type { FaultClients } from './faults/clients.ts'
import { createFaultLayer } from './faults/layer.ts'
import { answer, pathOf, readJson, sendJson } from './json.ts'
import { withSources } from './topics/activity.ts'
import { readChatMessage } from './topics/chat.ts'
import { createCounters } from './topics/counters.ts'
import { createMarkets } from './topics/markets.ts'
import { readRaceMessage } from './topics/race.ts'
import { createTutorialServer } from './tutorial/create-tutorial-server.ts'

/** The one token that the realtime server refuses. Any other is taken for a visitor's name, so nothing here is secret. */
const EXPIRED = 'expired'

export interface DemoServerOptions {
  /**
   * The realtime server lets no more than this pass without a frame, in milliseconds. Short, so that a visitor who
   * silences the connection need not wait long until it is noticed.
   * @defaultValue 2000
   */
  readonly heartbeatMs?: number
}

/** The demo server, apart from any HTTP server. Handlers answer whether the request was theirs. */
export interface DemoServer {
  handle(req: IncomingMessage, res: ServerResponse): boolean
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean
  readonly realtime: RealtimeServer
  /** The clients whose connections are broken on purpose. */
  readonly faults: FaultClients
  /** Ends everything; safe to call twice. */
  stop(): Promise<void>
}

/**
 * The server behind the demo page, the stories and many tests. It has, each family with topics by name:
 * - `chat:<room>`: messages `{name, text}` of visitors, the last 100 of them, and who is there
 * - `ticker:<name>`: 20 symbols that walk at random, event `price-update`; the name is the seed
 * - `notifications:<name>`: what is worth a notice in the ticker of that name
 * - `counter:<name>`: numbered messages, `POST /counters/<name>` with `{"perSecond": 1…500}` sets how many
 * - `race:<name>`: what visitors send to measure transports; `go` with `{"count": 1…5000}` is answered with so many
 *   messages `burst`
 * - visitors without a token are nobody in particular, a token is a name, and the token `expired` is refused
 * - `/stats`: how many connections of each transport and subscriptions there are
 * - `/faults/<client>`: breaks the connections of one client, see `faults/layer.ts`
 * - `/tutorial/*`: a WebSocket, an event stream and a long poll that know nothing of everwire
 */
export function createDemoServer({ heartbeatMs = 2000 }: DemoServerOptions = {}): DemoServer {
  const publish = (topic: string, event: string, data: unknown) => {
    realtime.publish(topic, event, data).catch((error: unknown) => console.error(`publish to ${topic} failed`, error))
  }
  const markets = createMarkets({
    price: (topic, update) => publish(topic, 'price-update', update),
    notice: (topic, notice) => publish(topic, 'notification', notice),
  })
  const counters = createCounters(publish)
  const sources = { ticker: markets, notifications: markets, counter: counters.source }
  const realtime = createRealtimeServer({
    path: '/realtime',
    heartbeatMs,
    feedLingerMs: 15_000,
    // Long enough for a change of transport, short enough to see somebody leave.
    presenceLingerMs: 2000,
    backplane: withSources(memoryBackplane(), sources),
    authenticate: ({ token = '' }) => (token === EXPIRED ? null : { user: token }),
    topics: {
      chat: { history: 100, historyMs: 3_600_000, clientSend: true, presence: true, onPublish: checkChat },
      ticker: { history: 400 },
      notifications: { history: 20 },
      counter: { history: 10_000, historyMs: 60_000 },
      race: { history: 5000, historyMs: 30_000, clientSend: true, onPublish: answerRace },
    },
    // A visitor who breaks everything at 500 messages a second is to find all of them again.
    limits: { replayMessages: 10_000, replayBytes: 8_388_608 },
  })
  /** Let pass what is to be measured, and send what it asks for right after it. */
  function answerRace({ topic, event, data }: { topic: string; event: string; data: unknown }) {
    const count = refusing(() => readRaceMessage(event, data))
    if (count > 0) {
      setImmediate(() => {
        for (let n = 1; n <= count; n++) publish(topic, 'burst', n)
      })
    }
  }
  const faults = createFaultLayer(realtime)
  const tutorial = createTutorialServer()

  const setRate = async (name: string, req: IncomingMessage, res: ServerResponse) => {
    if (req.method !== 'POST') return sendJson(res, 405, { error: `use POST, got ${req.method}` }, { allow: 'POST' })
    const body = (await readJson(req)) as { perSecond?: unknown } | null
    sendJson(res, 200, { perSecond: counters.setRate(name, body?.perSecond) })
  }

  let stopping: Promise<void> | undefined
  return {
    realtime,
    faults: faults.clients,
    handle(req, res) {
      const counter = /^\/counters\/([\w.~-]{1,100})$/.exec(pathOf(req))?.[1]
      if (counter) answer(res, () => setRate(counter, req, res))
      else if (pathOf(req) === '/stats') sendJson(res, 200, { ...realtime.stats(), tutorial: tutorial.connections })
      else return faults.handle(req, res) || tutorial.handle(req, res)
      return true
    },
    handleUpgrade: (req, socket, head) =>
      faults.handleUpgrade(req, socket, head) || tutorial.handleUpgrade(req, socket, head),
    stop() {
      stopping ??= realtime.stop({ drainMs: 0 }).then(() => {
        faults.stop()
        tutorial.stop()
      })
      return stopping
    },
  }
}

function checkChat({ event, data }: { event: string; data: unknown }) {
  if (event !== 'message')
    throw new EverwireError('rejected', `a chat room takes "message", got ${JSON.stringify(event)}`)
  return { data: refusing(() => readChatMessage(data)) }
}

/** What cannot be read is refused, and the sender reads why. */
function refusing<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    throw new EverwireError('rejected', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
