import type { EverwireError } from '../protocol/errors.ts'
import type { RetryWindow } from '../protocol/frame.ts'
import type { Ladder } from './ladder.ts'
import type { WireEnd } from './transport.ts'
import type { Verdict } from './verdict.ts'

// The connection as one value. Everything that runs is in it: the wires by id, and every deadline as a time on the
// monotonic clock. The owner of the effects compares two states and starts or ends what differs.

/** A wire that is not proven yet. */
export interface Trial {
  readonly id: number
  readonly rung: number
  readonly reached: boolean
  readonly proveBy: number
}

/** The race for a (better) rung: what runs, what starts next and when. */
export interface Race {
  readonly trials: readonly Trial[]
  /** Rungs to start, in this order. */
  readonly queue: readonly number[]
  /** When the next of the queue starts although the newest trial has not failed. */
  readonly raceAt: number
}

export interface Carrier {
  readonly id: number
  readonly rung: number
  readonly since: number
  /**
   * Any proven trial takes over, whatever its rung: it has been `quiet` for longer than it should, or it is `stuck`: a
   * second wire of its rung could not be proven, so it cannot change its topics.
   */
  readonly suspect: false | 'quiet' | 'stuck'
}

export type ConnectionState =
  | { readonly kind: 'idle' }
  | (Race & {
      readonly kind: 'connecting'
      readonly attempt: number
      readonly verdicts: readonly Verdict[]
      readonly error: EverwireError | null
    })
  | (Race & { readonly kind: 'open'; readonly carrier: Carrier; readonly attempt: number; readonly climbAt: number })
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAt: number; readonly error: EverwireError }
  | { readonly kind: 'suspended'; readonly reason: 'manual' | 'hidden' | 'frozen' }
  | { readonly kind: 'failed'; readonly error: EverwireError }

/** What happened. `now` is monotonic, `at` is the wall clock for people, `random` is in [0, 1); all in milliseconds. */
export type ConnectionEvent = { readonly now: number; readonly at: number; readonly random: number } & (
  | {
      readonly type: 'wanted' | 'unwanted' | 'dispose' | 'tick' | 'reconnect' | 'replace' | 'suspect' | 'revived'
    }
  /** `doubt`: what is open is probably dead; others are tried before it had time to answer. */
  | { readonly type: 'wake'; readonly doubt: boolean }
  | { readonly type: 'suspend'; readonly reason: 'manual' | 'hidden' | 'frozen' }
  | { readonly type: 'resume'; readonly wanted: boolean }
  | { readonly type: 'reached' | 'stale'; readonly id: number }
  | { readonly type: 'proven'; readonly id: number; readonly retry: RetryWindow }
  | { readonly type: 'ended'; readonly id: number; readonly end: WireEnd; readonly retry?: RetryWindow }
  | { readonly type: 'uplink-dead'; readonly id: number; readonly detail: string }
)

export interface Machine {
  readonly state: ConnectionState
  readonly ladder: Ladder
}

/** The time of the earliest deadline in a state; `Infinity` where it waits for nothing. */
export function deadlineOf(state: ConnectionState): number {
  if (state.kind === 'waiting') return state.retryAt
  if (state.kind !== 'connecting' && state.kind !== 'open') return Infinity
  const climbAt = state.kind === 'open' ? state.climbAt : Infinity
  return Math.min(
    climbAt,
    state.queue.length > 0 ? state.raceAt : Infinity,
    ...state.trials.map((trial) => trial.proveBy),
  )
}

export type Open = Extract<ConnectionState, { kind: 'open' }>
/** States in which trials can run. */
export type Connecting = Extract<ConnectionState, { kind: 'connecting' }>
export interface Stepped<State> {
  readonly state: State
  readonly ladder: Ladder
}

/** Whether trials can run in this state. */
export const isRacing = (machine: Machine): machine is Stepped<Connecting | Open> =>
  machine.state.kind === 'connecting' || machine.state.kind === 'open'
