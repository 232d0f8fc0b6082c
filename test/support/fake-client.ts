import type { ConnectionSnapshot } from '../../src/client/connection-snapshot.ts'
import type { Message, TopicStatus } from '../../src/client/message.ts'
import type { RealtimeClient, TopicListener } from '../../src/client/realtime-client.ts'
import { createPresences } from '../../src/client/presence.ts'
import type { TopicPresence } from '../../src/client/presence-snapshot.ts'
import type { Verdict } from '../../src/client/verdict.ts'
import { createEmitter, guard } from '../../src/lib/emitter.ts'
import { createScope } from '../../src/lib/scope.ts'
import type { ClientPresenceFrame, PresenceFrame } from '../../src/protocol/frame.ts'

/** A client without a network: a test says what comes, and counts who listens. */
export interface FakeClient extends RealtimeClient {
  emit(topic: string, type: string, data?: unknown): Message
  /** So many messages in one task, data 1, 2, 3 …; returns the data. */
  burst(topic: string, count: number): number[]
  reset(topic: string, kept?: readonly unknown[]): void
  setStatus(topic: string, status: TopicStatus): void
  setConnection(snapshot: ConnectionSnapshot): void
  tellVerdict(this: void, verdict: Verdict): void
  /** The server tells who is where. */
  tellPresence(topic: string, frame: Partial<PresenceFrame>): void
  /** What the server was told of presence so far. */
  readonly wishes: readonly ClientPresenceFrame[]
  /** Calls of `listen` so far. */
  readonly subscriptions: number
  /** Listeners now, of topics and of the connection. */
  readonly listeners: number
  readonly calls: string[]
}

export const OPEN: Extract<ConnectionSnapshot, { status: 'open' }> = {
  status: 'open',
  transport: 'websocket',
  since: 1,
  latency: null,
  error: null,
  trail: [],
}

/** @param joinAs - the status of a topic when it is listened to */
export function createFakeClient(joinAs: TopicStatus = 'live'): FakeClient {
  const topics = new Map<
    string,
    { history: Message[]; listeners: Set<TopicListener>; status: TopicStatus; offset: number }
  >()
  const changed = createEmitter<void>()
  const verdicts = createEmitter<Verdict>()
  const calls: string[] = []
  let connection: ConnectionSnapshot = { status: 'idle', transport: null, error: null, trail: [] }
  let subscriptions = 0
  function topicOf(name: string) {
    const known = topics.get(name)
    if (known) return known
    const topic = {
      history: [] as Message[],
      listeners: new Set<TopicListener>(),
      status: 'idle' as TopicStatus,
      offset: 0,
    }
    topics.set(name, topic)
    return topic
  }
  const wishes: ClientPresenceFrame[] = []
  const presences = createPresences({
    scope: createScope(),
    lingerMs: 5_000,
    assertUsable() {},
    onError() {},
    onChange: () => queueMicrotask(() => wishes.push(...presences.takeChanges())),
  })
  presences.setCarrier({})
  function notNeeded(): never {
    throw new Error('the fake client has no such method: no hook needs it')
  }
  const client: FakeClient = {
    listen(name, listener) {
      subscriptions++
      const topic = topicOf(name)
      const entry = { ...listener }
      const { replay = 0 } = listener
      if (topic.status === 'idle') topic.status = joinAs
      const kept = replay === 'all' ? topic.history : replay > 0 ? topic.history.slice(-replay) : []
      for (const message of kept) listener.onMessage({ ...message, replayed: true })
      topic.listeners.add(entry)
      return () => void topic.listeners.delete(entry)
    },
    emit(name, type, data) {
      const topic = topicOf(name)
      const message: Message = {
        id: `epoch.${++topic.offset}-tag`,
        topic: name,
        type,
        data,
        sentAt: 0,
        key: undefined,
        replayed: false,
      }
      topic.history.push(message)
      for (const { onMessage } of topic.listeners) guard(() => onMessage(message))
      return message
    },
    burst(name, count) {
      return Array.from({ length: count }, (_, index) => {
        client.emit(name, 'tick', index + 1)
        return index + 1
      })
    },
    reset(name, kept = []) {
      const topic = topicOf(name)
      topic.history = []
      for (const { onReset } of topic.listeners)
        onReset?.({ topic: name, why: 'trimmed', id: `epoch.${topic.offset}-tag` })
      for (const data of kept) client.emit(name, 'tick', data)
    },
    setStatus(name, status) {
      const topic = topicOf(name)
      topic.status = status
      for (const { onStatus } of topic.listeners) onStatus?.(status)
    },
    setConnection(snapshot) {
      connection = snapshot
      changed.emit()
    },
    presence: <Info>(topic: string, options?: object) => presences.topic(topic, options) as TopicPresence<Info>,
    tellPresence: (c, frame) => presences.receive({ t: 'p', c, join: [], leave: [], n: 0, ...frame }),
    wishes,
    topicStatus: (name) => topicOf(name).status,
    connection: { getSnapshot: () => connection, subscribe: (listener) => changed.on(listener) },
    send(topic, type) {
      calls.push(`send ${topic} ${type}`)
      return Promise.resolve({ id: 'epoch.1-tag', duplicate: false })
    },
    connect: () => void calls.push('connect'),
    disconnect: () => void calls.push('disconnect'),
    reconnect: () => void calls.push('reconnect'),
    dispose: () => void calls.push('dispose'),
    [Symbol.dispose]: () => client.dispose(),
    on: notNeeded,
    stream: notNeeded,
    dehydrate: notNeeded,
    hydrate: notNeeded,
    onVerdict: (listener) => verdicts.on(listener),
    tellVerdict: (verdict) => verdicts.emit(verdict),
    get subscriptions() {
      return subscriptions
    },
    get listeners() {
      let count = changed.size + verdicts.size
      for (const { listeners } of topics.values()) count += listeners.size
      return count
    },
    calls,
  }
  return client
}
