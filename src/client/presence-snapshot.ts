import type { Flush } from '../lib/flush.ts'
import type { EverwireError } from '../protocol/errors.ts'

/** A user who is in a topic, whatever the number of its tabs and devices. Keeps its identity until it changes. */
export interface PresenceMember<Info = unknown> {
  readonly user: string
  /** What it says of itself: the info of the session that said it last. */
  readonly info: Info
  /** Its sessions: one for each client that joined. */
  readonly conns: number
}

/**
 * - `idle`: nobody asked for it (also on a server)
 * - `connecting`: on the way
 * - `live`: the server granted it, and the list is up to date
 * - `stale`: was live, the connection is away
 * - `error`: refused, or the connection failed for good; `error` says why
 */
export type PresenceStatus = 'idle' | 'connecting' | 'live' | 'stale' | 'error'

/** Who is in a topic at one moment; replaced, never changed. */
export type PresenceSnapshot<Info = unknown> = {
  /** Who is there, in the order in which they came; the server cuts very long lists. */
  readonly members: readonly PresenceMember<Info>[]
  /** How many users are there, also those above the server's limit, whom `members` leaves out. */
  readonly count: number
  /** The `user` as whom this client is there; `undefined` while it is not, or the server did not say yet. */
  readonly self: string | undefined
} & (
  | { readonly status: Exclude<PresenceStatus, 'error'>; readonly error: null }
  | { readonly status: 'error'; readonly error: EverwireError }
)

export const IDLE_PRESENCE: PresenceSnapshot<never> = Object.freeze({
  members: Object.freeze([]),
  count: 0,
  self: undefined,
  status: 'idle',
  error: null,
})

export interface PresenceOptions {
  /** When listeners hear of changes. @defaultValue 'sync' */
  readonly flush?: Flush
}

/** The presence of one topic, shared by all who use it. Asking for it starts nothing. */
export interface TopicPresence<Info = unknown> {
  /**
   * Is seen in the topic until stopped, and for the client's `lingerMs` after that. Of several, the info of the one that
   * joined last is seen. Returns an idempotent stop.
   * @param info - what the others see beside the name; JSON, 1 KB by default
   */
  join(this: void, info?: Info): () => void
  /** Watches who is there until stopped, and for the client's `lingerMs` after that; called after each change. */
  subscribe(this: void, listener: () => void): () => void
  getSnapshot(this: void): PresenceSnapshot<Info>
}
