/**
 * A promise that was broken, told by the logs of both ends.
 * - of messages: `lost` without an announcement, `doubled`, `reordered`, `invented` (never stored)
 * - of resets: `unexplained`, nothing had happened that breaks continuity
 * - of sends: `stored-twice`, `ack-untrue` (not stored, or elsewhere), `sends-reordered`, `unsettled`
 */
export type ViolationKind =
  | 'lost'
  | 'doubled'
  | 'reordered'
  | 'invented'
  | 'unexplained'
  | 'stored-twice'
  | 'ack-untrue'
  | 'sends-reordered'
  | 'unsettled'

export interface Violation {
  readonly kind: ViolationKind
  /** Who met it, and what came instead of what was to come. */
  readonly detail: string
}

export type Accuse = (kind: ViolationKind, detail: string) => void
