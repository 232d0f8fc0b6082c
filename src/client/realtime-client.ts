import type { Position } from '../protocol/position.ts'
import type { ConnectionSnapshot } from './connection-snapshot.ts'
import type { Dehydrated } from './dehydrated.ts'
import type { Message, Reset, TopicStatus } from './message.ts'
import type { WhenOffline } from './outbox-options.ts'
import type { MessageStream, StreamOptions } from './stream.ts'
import type { PresenceOptions, TopicPresence } from './presence-snapshot.ts'
import type { Verdict } from './verdict.ts'

/** How much of a topic's history a listener wants before the live messages: none, the last so many, or all kept. */
export type Replay = number | 'all'

/** What somebody who listens to a topic hears; everything in order. */
export interface TopicListener {
  /** @defaultValue 0 */
  readonly replay?: Replay
  readonly onMessage: (message: Message) => void
  /**
   * Continuity was lost: messages are missing. With a `replay` the history that is still kept follows as messages, so
   * start from nothing.
   */
  readonly onReset?: (reset: Reset) => void
  /** The state at a position from the server's snapshot hook; it follows a reset where the server has such a hook. */
  readonly onSnapshot?: (snapshot: { readonly topic: string; readonly id: Position; readonly data: unknown }) => void
  /** Called when the status changes, not for the status at the start. */
  readonly onStatus?: (status: TopicStatus) => void
  /** How long nobody has needed it when it stops, in milliseconds; the topic lingers less by that. @defaultValue 0 */
  readonly idleMs?: number
}

export interface SendOptions {
  /**
   * How long to try, in milliseconds; after that the promise rejects with `timed-out`.
   * @defaultValue 30000; a day where sends outlive the page (`outbox.persist`)
   */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Makes repeating the same send harmless. @defaultValue a random key for each send */
  readonly key?: string
  /** @defaultValue that of the client's `outbox` */
  readonly whenOffline?: WhenOffline
}

/** Where a sent message was stored. */
export interface SendResult {
  readonly id: Position
  /** It had been stored before, under the same key. */
  readonly duplicate: boolean
  /** It was not sent, since the connection is away and `whenOffline` is `drop`; `id` is `''`. */
  readonly dropped?: true
}

/**
 * The framework-free client. Creating one opens nothing and touches no browser global; the first listener, send or
 * `connect()` opens the connection.
 */
export interface RealtimeClient {
  /** Listens to one topic; the first listener subscribes it, a linger after the last one it is unsubscribed. */
  listen(topic: string, listener: TopicListener): () => void
  /** Calls `handler` for every message of a type (`*`: of all), once and in order. Returns an idempotent off. */
  on<Data = unknown>(topic: string, type: string, handler: (message: Message<Data>) => void): () => void
  /** The messages of a topic, as an async iterable that ends with the loop or the signal. */
  stream<Data = unknown>(topic: string, options?: StreamOptions<Data>): MessageStream<Data>
  /** Stores a message. Resolves when the server has it; rejects once, with an `EverwireError` that says how it ended. */
  send(topic: string, type: string, data?: unknown, options?: SendOptions): Promise<SendResult>
  /** The status of a topic now. */
  topicStatus(topic: string): TopicStatus
  /**
   * Who is in a topic, and being there oneself. Asking for it starts nothing; `join` and `subscribe` do, and everybody
   * who asks for the same topic shares it.
   */
  presence<Info = unknown>(topic: string, options?: PresenceOptions): TopicPresence<Info>
  /** The connection, in the shape `useSyncExternalStore` reads. */
  readonly connection: {
    getSnapshot(this: void): ConnectionSnapshot
    subscribe(this: void, listener: () => void): () => void
  }
  /** Opens the connection without a topic, and ends a `disconnect()`. */
  connect(): void
  /** Closes the connection until `connect()` or `reconnect()`; topics keep their place. */
  disconnect(): void
  /** Tries at once, with back-off and failure forgotten; an open connection is replaced without a gap. */
  reconnect(): void
  /** What this client knows by now: the cursor, and the live states that run. */
  dehydrate(): Dehydrated
  /**
   * Goes on where another client stood, such as the one that rendered the page on a server. Call it before anybody
   * listens: topics that are open already keep their place.
   */
  hydrate(dehydrated: Dehydrated): void
  /** Hears every verdict. Returns an idempotent off. */
  onVerdict(listener: (verdict: Verdict) => void): () => void
  /** Ends everything; the client cannot be used after that. */
  dispose(): void
  [Symbol.dispose](): void
}
