import type { ResetReason } from '../protocol/frame.ts'
import type { Position } from '../protocol/position.ts'

/** One message of a topic, as the application sees it. */
export interface Message<Data = unknown> {
  /** Its place in the topic: unique, and a good React key. */
  readonly id: Position
  readonly topic: string
  /** The event's name. */
  readonly type: string
  readonly data: Data
  /** When it was published, in milliseconds since 1970 by the server's clock; `0` where the server does not say. */
  readonly sentAt: number
  /** The sender's idempotency key: that of one's own `send` for one's own messages. */
  readonly key: string | undefined
  /** It came from the history, not live. */
  readonly replayed: boolean
}

/** The server's word that the continuity of a topic was lost. */
export interface Reset {
  readonly topic: string
  readonly why: ResetReason
  readonly id: Position
}

/**
 * - `idle`: not subscribed
 * - `joining`: asked for, not caught up yet
 * - `live`: every message up to now was delivered
 * - `stale`: was live, the connection is away
 * - `ended`: the server ended the subscription
 */
export type TopicStatus = 'idle' | 'joining' | 'live' | 'stale' | 'ended'
