import type { Scope } from '../lib/scope.ts'
import type { RetryWindow } from '../protocol/frame.ts'
import type { Backplane } from './backplane/contract.ts'
import type { Connection, Outlet } from './connection.ts'
import type { Batch, Encoded } from './encoded.ts'
import type { Feeds } from './feeds.ts'
import type { Flusher } from './flusher.ts'
import type { Hooks } from './hooks.ts'
import type { ServerLimits } from './limits.ts'
import type { LogEntry, TopicRules } from './options.ts'
import type { Origins } from './origin.ts'
import type { Presence } from './presence.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** What the parts of one server share. */
export interface ServerCore {
  /** The server's life: its timers, feeds and listeners. */
  readonly scope: Scope
  readonly limits: ServerLimits
  readonly heartbeatMs: number
  readonly backplane: Backplane
  /** Resolves when the backplane is there. */
  readonly ready: Promise<void>
  readonly feeds: Feeds
  readonly flusher: Flusher
  readonly hooks: Hooks
  readonly presence: Presence
  readonly origins: Origins
  readonly rates: RateLimiter
  readonly connections: Set<Connection>
  /** Transports that are not gone yet, also of connections that ended. */
  readonly outlets: Set<Pick<Outlet, 'destroy'>>
  rulesOf(topic: string): TopicRules
  /** Makes a batch of frames, shared with connections that send the same. */
  batch(frames: readonly Encoded[]): Batch
  /** Out of which time a client draws its first retry, by how many there are. */
  retryWindow(): RetryWindow
  /** No new connections and requests any more. */
  isStopping(): boolean
  log(entry: LogEntry): void
}
