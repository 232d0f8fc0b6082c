import type { ResetReason } from '../protocol/frame.ts'
import type { From, Position } from '../protocol/position.ts'
import type { Encoded, Entry } from './encoded.ts'
import type { History } from './history.ts'
import type { TopicRules } from './options.ts'

/** Continuity was lost: what the subscriber is told before its new start. */
export interface Restart {
  readonly why: ResetReason
  readonly at: Position
  /** The `snap` frame of the state at `at`. */
  readonly snap?: Encoded
}

/** What a subscriber takes in the tick in which it is attached. */
export interface Join {
  readonly restart: Restart | undefined
  readonly missed: readonly Entry[]
  readonly head: Position
}

/** A subscriber as its feed sees it. */
export interface Joiner {
  /** It now has everything up to `head`, and hears what follows. `false`: it cannot take that now, and asks again. */
  joined(join: Join): boolean
  /** A part of what it missed, for who asked `inParts`; it asks again for the rest. */
  part(missed: readonly Entry[]): void
  message(entry: Entry): void
}

export interface Request {
  readonly from: From
  /** Missing more than one replay holds is no reason for a reset: it comes in parts. */
  readonly inParts: boolean
  readonly restart?: Restart
  /** The feed compared itself with the history after this was asked. */
  verified: boolean
  /** A restart that waits for its snapshot. */
  readonly snapshotting?: Promise<Encoded | undefined>
}

export interface Open {
  readonly joiner: Joiner
  readonly request: Request
  readonly verdict: 'verify' | 'history'
}

export type Verdict = readonly Entry[] | { readonly why: ResetReason } | 'verify' | 'history'

export interface FeedServices {
  readonly history: History
  /** Makes the `snap` frame of a topic at a position; `undefined` where there is no hook or it failed. */
  snapshot(feed: { topic: string; rules: TopicRules }, at: Position): Promise<Encoded | undefined> | undefined
  /** Waits, and resolves early when the server stops. */
  pause(ms: number): Promise<void>
  /** The history could not be read. */
  failed(error: unknown): void
  /** The live feed delivered what is no message. */
  invalid(name: string): void
}
