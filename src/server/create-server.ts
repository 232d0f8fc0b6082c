import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomId } from '../lib/random-id.ts'
import { createScope } from '../lib/scope.ts'
import { CODE, type Code } from '../protocol/codes.ts'
import { assertTopic, LIMITS } from '../protocol/limits.ts'
import type { Position } from '../protocol/position.ts'
import { attachTo } from './attach.ts'
import { memoryBackplane } from './backplane/memory.ts'
import type { Connection } from './connection.ts'
import type { ServerCore } from './core.ts'
import { drain } from './drain.ts'
import { encode } from './encoded.ts'
import { createWebSocketEndpoint } from './endpoints/websocket.ts'
import type { Feed } from './feed.ts'
import { createFeeds } from './feeds.ts'
import { createBatcher, createFlusher } from './flusher.ts'
import { createHistory } from './history.ts'
import { createHooks } from './hooks.ts'
import { SERVER_LIMITS } from './limits.ts'
import { isTenant, nameOf } from './name.ts'
import { createTopicRules, type LogEntry, type RealtimeServerOptions } from './options.ts'
import { createOrigins } from './origin.ts'
import { createPresence } from './presence.ts'
import { digestOf, sizeOf, store } from './publish.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { endpointOf, serve, serveUpgrade } from './router.ts'
import type { RealtimeServer, PathOptions } from './realtime-server.ts'
import { startSweep } from './sweep.ts'

/** Longest time that clients are asked to spread their reconnects over, in milliseconds. */
const MAX_RETRY_MS = 30_000

const logToConsole = ({ level, message, error }: LogEntry): void => {
  if (level === 'error') console.error(`everwire: ${message}`, error ?? '')
}

export function createRealtimeServer(options: RealtimeServerOptions = {}): RealtimeServer {
  const {
    backplane = memoryBackplane(),
    heartbeatMs = 25_000,
    reconnectsPerSecond = 4_000,
    log = logToConsole,
  } = options
  const limits = { ...SERVER_LIMITS, ...options.limits }
  const scope = createScope()
  const rulesOf = createTopicRules(options.topics)
  const hooks = createHooks({ ...options, hookMs: limits.hookMs, scope, log })
  const connections = new Set<Connection>()
  let stopping: Promise<void> | undefined

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (scope.stopped) return resolve()
      const forget = scope.defer(resolve)
      scope.after(ms, () => {
        forget()
        resolve()
      })
    })

  const disconnectHere = ({ user, sid, tenant }: { user?: string; sid?: string; tenant?: string }, code: Code) => {
    for (const connection of connections) {
      const { identity } = connection
      if (user !== undefined && identity.user !== user) continue
      if (sid !== undefined && connection.sid !== sid) continue
      if (tenant !== undefined && identity.tenant !== tenant) continue
      connection.end(code, 'the server ended the connection')
    }
  }

  const self = randomId(12)
  const ready = backplane.start(self, {
    message: (name, message, prev) => feeds.find(name)?.take(message, prev),
    suspect(names) {
      feeds.suspect(names)
      presence.suspect(names)
    },
    presence: (name, diff) => presence.diff(name, diff),
    signal(_from, body) {
      const signal = JSON.parse(body) as { t: string; who: Parameters<typeof disconnectHere>[0]; code: Code }
      if (signal.t === 'disconnect') disconnectHere(signal.who, signal.code)
    },
  })
  ready.catch((error: unknown) => log({ level: 'error', message: 'the backplane did not start', error }))

  function snapshot(feed: Feed, at: Position) {
    const hook = feed.rules.snapshot
    return (
      hook &&
      hooks
        .limited('snapshot', () => hook(feed.topic))
        .then((d) => encode({ t: 'snap', c: feed.topic, i: at, d }))
        .catch((error: unknown) => {
          log({ level: 'error', message: 'snapshot failed', error })
          return undefined
        })
    )
  }

  const feeds = createFeeds({
    backplane,
    ready,
    rulesOf,
    lingerMs: options.feedLingerMs ?? 60_000,
    verifyMs: options.verifyMs ?? 60_000,
    scope,
    history: createHistory(backplane, limits),
    snapshot,
    pause,
    failed: (error) => log({ level: 'error', message: 'the history could not be read; trying again', error }),
    invalid: () => log({ level: 'error', message: 'the backplane delivered what is no message' }),
  })

  const presence = createPresence({
    backplane,
    ready,
    scope,
    limits,
    hooks,
    rulesOf,
    lingerMs: options.presenceLingerMs ?? 5_000,
    pause,
    log,
    failed: (error) => log({ level: 'error', message: 'presence could not be shared; trying again', error }),
  })

  const core: ServerCore = {
    scope,
    limits,
    heartbeatMs,
    backplane,
    ready,
    feeds,
    flusher: createFlusher(),
    hooks,
    presence,
    origins: createOrigins(options.origins),
    rates: createRateLimiter(limits.sendsPerSecond, limits.sendBurst),
    connections,
    outlets: new Set(),
    rulesOf,
    batch: createBatcher(),
    retryWindow: () => [0, Math.min(MAX_RETRY_MS, Math.ceil((connections.size / reconnectsPerSecond) * 1_000))],
    isStopping: () => stopping !== undefined,
    log,
  }
  const webSockets = createWebSocketEndpoint(core)
  startSweep(core)

  const baseOf = (given: PathOptions | undefined): string => {
    const path = given?.path ?? options.path ?? '/realtime'
    return path.endsWith('/') ? path.slice(0, -1) : path
  }

  const realtime: RealtimeServer = {
    attach(server, at) {
      const detach = attachTo(server, {
        request: (request, response) => realtime.handle(request, response, at),
        upgrade: (request, socket, head) => realtime.handleUpgrade(request, socket, head, at),
      })
      scope.defer(detach)
    },
    handle(request, response, at) {
      // The compatibility API of node:http2 is that of node:http in all that is used here.
      const [req, res] = [request as IncomingMessage, response as ServerResponse]
      const endpoint = endpointOf(req, baseOf(at))
      if (endpoint) void serve(core, endpoint, req, res)
      return endpoint !== undefined
    },
    handleUpgrade(request, socket, head, at) {
      const isOurs = endpointOf(request, baseOf(at)) === 'ws'
      if (isOurs) serveUpgrade(core, webSockets, request, socket, head)
      return isOurs
    },
    async publish(topic, event, data, { key, tenant } = {}) {
      assertTopic(topic)
      assertEvent(event)
      assertTenant(tenant)
      const bytes = sizeOf(data)
      if (bytes > limits.dataBytes) throw new RangeError(`data may have ${limits.dataBytes} bytes, got ${bytes}`)
      // A line feed keeps the server apart from every user, whose names it is compared with.
      const { pos, duplicate, conflict } = await store(core, {
        name: nameOf(tenant, topic),
        event,
        data,
        key,
        sender: '\nserver',
        digest: key === undefined ? '' : digestOf(event, data),
      })
      if (conflict) throw new TypeError(`the key ${JSON.stringify(key)} was used for another message of ${topic}`)
      return { id: pos, duplicate }
    },
    async cursor(topics, { tenant } = {}) {
      for (const topic of topics) assertTopic(topic)
      assertTenant(tenant)
      await ready
      const heads = await backplane.heads(topics.map((topic) => nameOf(tenant, topic)))
      return Object.fromEntries(topics.map((topic) => [topic, heads.get(nameOf(tenant, topic))!]))
    },
    async disconnect(who, code = CODE.forbidden) {
      if (Object.values(who).every((value) => value === undefined))
        throw new TypeError('disconnect needs a user, sid or tenant')
      disconnectHere(who, code)
      await backplane.signal('*', JSON.stringify({ t: 'disconnect', who, code }))
    },
    stats() {
      const counts = { websocket: 0, sse: 0, longpoll: 0 }
      let subscriptions = 0
      let bufferedBytes = 0
      for (const connection of connections) {
        counts[connection.outlet.transport]++
        subscriptions += connection.subscriptions.size
        bufferedBytes += connection.bufferedBytes
      }
      return { connections: counts, subscriptions, feeds: feeds.size, bufferedBytes }
    },
    get connections() {
      return connections.size
    },
    stop({ drainMs = 0 } = {}) {
      stopping ??= (async () => {
        await drain(core, drainMs, pause)
        webSockets.stop()
        core.flusher.stop()
        scope.stop()
        await backplane.close()
      })()
      return stopping
    },
  }
  return realtime
}

function assertTenant(tenant: string | undefined): void {
  if (tenant !== undefined && !isTenant(tenant)) throw new TypeError(`a tenant must be 1 to 64 of A-Z a-z 0-9 _ . -`)
}

function assertEvent(event: string): void {
  if (typeof event === 'string' && event !== '' && !/\p{Cc}/u.test(event) && event.length <= LIMITS.nameChars) return
  throw new TypeError(`an event name must be 1 to ${LIMITS.nameChars} characters without control characters`)
}
