import { createEmitter } from '../lib/emitter.ts'
import { randomId } from '../lib/random-id.ts'
import { createScope } from '../lib/scope.ts'
import { EverwireError, errorsTo } from '../protocol/errors.ts'
import { VERSION } from '../protocol/frame.ts'
import { parsePosition, type Position } from '../protocol/position.ts'
import { type Connection, createConnection } from './connection.ts'
import { resolveBase, settingsOf } from './core-settings.ts'
import { keepStates, statesOf } from './dehydrated.ts'
import type { Message } from './message.ts'
import type { CoreOptions } from './options.ts'
import { createOutbox } from './outbox.ts'
import type { OutboxStore } from './outbox-options.ts'
import { createPresences, type Wishes } from './presence.ts'
import type { PresenceOptions, TopicPresence } from './presence-snapshot.ts'
import type { RealtimeClient } from './realtime-client.ts'
import { createRungMemory } from './rung-memory.ts'
import { type StreamOptions, streamTopic } from './stream.ts'
import { createTopics, type Subs } from './topics.ts'
import type { Wire } from './transport.ts'
import type { Verdict } from './verdict.ts'

/** How long changes of topics gather before a wire that cannot be told is replaced, in milliseconds. */
const GATHER_MS = 25
/** The same for what a client says of itself, which may change often. */
const INFO_GATHER_MS = 1_000
/** Wait before a replacement that failed is tried again, in milliseconds. */
const REPLACE_AGAIN_MS = 1_000
/** Wait before a token that could not be had is asked for again, in milliseconds. */
const RENEW_AGAIN_MS = 5_000

/** The client of any list of transports; `createClient` fills in the list. */
export function createCore(
  options: CoreOptions,
  openConnection: typeof createConnection = createConnection,
): RealtimeClient {
  const { transports, auth, lingerMs = 5_000, storage } = options
  const { persist } = options.outbox ?? {}
  if (typeof options.url !== 'string') throw new TypeError(`option \`url\` must be a string, got ${typeof options.url}`)
  const names = transports.map(({ name }) => name)
  const scope = createScope()
  const sid = randomId(22)
  const { tell: fail, threw } = errorsTo(options.onError)
  const verdicts = createEmitter<Verdict>(threw)
  const starts = new Map<string, Position>()
  let base: string | undefined
  let wire: Wire | undefined
  /** The token in use ends soon or was refused: the next one that is asked for must be another. */
  let mustRenew = false
  /** `connect()` was called: the connection stays without topics or sends. */
  let pinned = false
  /** When a send last began or ended. Topics and presence linger by themselves. */
  let sentAt = -Infinity
  /** `reconnect()` was called in this task. */
  let reconnected = false
  let cancelIdle = () => {}
  let cancelSync = () => {}
  let cancelInfoSync = () => {}
  let cancelReplace = () => {}
  let isInfoDue = false
  /** What was said of presence together with a cursor. */
  const saidWith = new WeakMap<Subs, Wishes>()

  /** Throws where nothing can be opened, before anything is. */
  function assertUsable(): void {
    if (scope.stopped) throw new EverwireError('aborted', 'this client was disposed; create another')
    base ??= resolveBase(options.url)
    outbox.restore()
  }

  async function openStore(persist: string | true | OutboxStore): Promise<OutboxStore> {
    if (typeof persist === 'object') return persist
    const { openOutboxStore } = await import('./outbox-store.ts')
    return openOutboxStore(`${base!} ${persist === true ? '' : persist}`.trim(), scope)
  }

  const wanted = () => pinned || topics.size > 0 || presences.size > 0 || outbox.size > 0
  const isChanged = () => topics.changed || presences.changed

  function review(): void {
    cancelIdle()
    if (wanted()) connection.dispatch({ type: 'wanted' })
    else {
      const lingersFor = sentAt + lingerMs - performance.now()
      cancelIdle = scope.after(lingersFor, () => !wanted() && connection.dispatch({ type: 'unwanted' }))
    }
  }

  /** Tells the carrying wire what came and went, or replaces it where it cannot be told. */
  function syncTopics(afterMs: number): void {
    cancelSync()
    cancelInfoSync()
    if (!wire || !isChanged()) return
    const carrier = wire
    const { send } = carrier
    const stop = send ? microtask(() => tell(send)) : scope.after(afterMs, () => replace(carrier))
    cancelSync = stop
  }

  function tell(send: NonNullable<Wire['send']>): void {
    const { sub, unsub } = topics.takeChanges()
    if (unsub.length > 0) send([{ t: 'unsub', c: unsub }])
    if (Object.keys(sub).length > 0) send([{ t: 'sub', c: sub }])
    const presence = presences.takeChanges()
    if (presence.length > 0) send(presence)
  }

  /** What changes often must neither replace a wire each time nor, by always changing, never. */
  function syncInfo(): void {
    if (wire?.send) return syncTopics(0)
    if (isInfoDue) return
    isInfoDue = true
    const cancel = scope.after(INFO_GATHER_MS, () => syncTopics(0))
    cancelInfoSync = () => {
      isInfoDue = false
      cancel()
    }
  }

  function replace(carrier: Wire): void {
    if (wire === carrier && isChanged() && topics.size + presences.size > 0) replaceNow()
  }

  const replaceNow = () => connection.dispatch({ type: 'replace' })

  /** Another wire takes over, which asked for a new token. */
  function replaceWithToken(): void {
    mustRenew = true
    replaceNow()
  }

  function renewToken(carrier: Wire): void {
    if (wire !== carrier || !auth) return
    const { send } = carrier
    if (!send) return replaceWithToken()
    Promise.resolve({ renew: true })
      .then(auth)
      .then(
        (token) => wire === carrier && send([{ t: 'auth', token }]),
        (cause: unknown) => {
          fail(new EverwireError('unauthenticated', 'option `auth` gave no token', { retryable: true, cause }))
          scope.after(RENEW_AGAIN_MS, () => renewToken(carrier))
        },
      )
  }

  const topics = createTopics({
    scope,
    lingerMs,
    starts,
    onChange() {
      review()
      syncTopics(GATHER_MS)
    },
    onMissed: replaceNow,
    onError: fail,
    onThrow: threw,
  })

  const presences = createPresences({
    scope,
    lingerMs,
    assertUsable,
    onChange(isInfo) {
      if (isInfo) return syncInfo()
      review()
      syncTopics(GATHER_MS)
    },
    onError: fail,
  })

  const outbox = createOutbox({
    scope,
    ...options.outbox,
    openStore: persist ? () => openStore(persist) : undefined,
    isAway: () => /^(?:reconnecting|offline|suspended|failed)$/.test(connection.snapshot.get().status),
    onError: fail,
    onThrow: threw,
    onChange() {
      sentAt = performance.now()
      review()
    },
    onUplinkFailed({ code, message }) {
      if (code === 'unauthenticated') return replaceWithToken()
      const id = connection.carrierId
      if (id !== undefined) connection.dispatch({ type: 'uplink-dead', id, detail: message })
    },
  })

  const connection: Connection = openConnection({
    scope,
    url: () => base!,
    transports,
    settings: { ...settingsOf(options.ladder), names },
    memory: storage === false ? undefined : createRungMemory(options.url, names, storage),
    pauseHiddenAfterMs: options.pauseHiddenAfterMs,
    async identity(renew) {
      const token = await auth?.({ renew: renew || mustRenew })
      return { v: VERSION, sid, ...(token !== undefined && { auth: token }) }
    },
    onExpiring: renewToken,
    subs: topics.subs,
    wishes(subs) {
      const wishes = presences.wishes()
      if (wishes) saidWith.set(subs, wishes)
      return wishes
    },
    onAsked(subs) {
      topics.setAsked(subs)
      presences.setAsked(saidWith.get(subs) ?? {})
    },
    isStale: topics.isStale,
    wanted,
    onCarrier(next, subs, limits) {
      wire = next
      mustRenew = false
      topics.setCarrier(subs)
      presences.setCarrier(subs && (saidWith.get(subs) ?? {}))
      outbox.setCarrier(next, limits)
      syncTopics(GATHER_MS)
    },
    onSettled() {
      syncTopics(REPLACE_AGAIN_MS)
      cancelReplace()
      if (topics.missing) cancelReplace = scope.after(REPLACE_AGAIN_MS, () => topics.missing && replaceNow())
    },
    onFrame(frame) {
      if (frame.t === 'ack' || (frame.t === 'err' && frame.id !== undefined)) outbox.receive(frame)
      else if (frame.t === 'p' || (frame.t === 'err' && frame.c !== undefined)) presences.receive(frame)
      else if (frame.t === 'err') fail(new EverwireError('refused', frame.msg, { status: frame.code }))
      else topics.receive(frame)
    },
    onVerdict: (verdict) => verdicts.emit(verdict),
  })

  scope.defer(
    connection.snapshot.subscribe(() => {
      const { status, error } = connection.snapshot.get()
      presences.setFailure(status === 'failed' ? error : undefined)
    }),
  )

  const listen: RealtimeClient['listen'] = (topic, listener) => {
    assertUsable()
    return topics.listen(topic, listener)
  }

  const client = {
    listen,
    on: <Data>(topic: string, type: string, handler: (message: Message<Data>) => void) =>
      listen(topic, {
        onMessage: (message) => (type === '*' || message.type === type) && handler(message as Message<Data>),
      }),
    stream: <Data>(topic: string, streamOptions: StreamOptions<Data> = {}) =>
      streamTopic<Data>(scope.child(), listen, topic, streamOptions, threw),
    async send(topic, type, data, sendOptions = {}) {
      assertUsable()
      return outbox.send(topic, type, data, sendOptions)
    },
    topicStatus: topics.status,
    presence: <Info>(topic: string, presenceOptions?: PresenceOptions) =>
      presences.topic(topic, presenceOptions) as TopicPresence<Info>,
    connection: { getSnapshot: connection.snapshot.get, subscribe: connection.snapshot.subscribe },
    connect() {
      assertUsable()
      pinned = true
      connection.dispatch({ type: 'resume', wanted: true })
      review()
    },
    disconnect() {
      pinned = false
      reconnected = false
      connection.dispatch({ type: 'suspend', reason: 'manual' })
    },
    reconnect() {
      assertUsable()
      // Many components may ask at once, and each would begin anew.
      if (reconnected) return
      reconnected = true
      queueMicrotask(() => {
        reconnected = false
      })
      connection.dispatch({ type: 'reconnect' })
      review()
    },
    dehydrate: () => ({ cursor: topics.cursor(), states: statesOf(client) }),
    hydrate({ cursor, states }) {
      for (const [topic, position] of Object.entries(cursor)) {
        if (!parsePosition(position))
          throw new TypeError(`topic ${topic} needs a position, got ${JSON.stringify(position)}`)
        starts.set(topic, position)
      }
      keepStates(client, states)
    },
    onVerdict: (listener) => verdicts.on(listener),
    dispose() {
      connection.dispatch({ type: 'dispose' })
      scope.stop()
    },
    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => client.dispose(),
  } as RealtimeClient
  return client
}

function microtask(run: () => void): () => void {
  let cancelled = false
  queueMicrotask(() => !cancelled && run())
  return () => {
    cancelled = true
  }
}
