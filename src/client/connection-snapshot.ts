import type { EverwireError } from '../protocol/errors.ts'
import type { Machine } from './connection-state.ts'
import type { TransportName } from './transport.ts'
import type { Verdict } from './verdict.ts'

interface Common {
  /** The latest verdicts about transports, oldest first, at most 20; cleared of nothing when a transport recovers. */
  readonly trail: readonly Verdict[]
}

/**
 * The connection at one moment; replaced, never changed. All times are milliseconds since 1970.
 * - `idle`: nobody needs a connection yet (also on a server)
 * - `connecting`: the first attempt
 * - `open`: `transport` is proven and carries the traffic
 * - `reconnecting`: was away; `retryAt` is when the next attempt starts, `null` while one runs
 * - `offline`: as `reconnecting`, and the browser says there is no network
 * - `suspended`: closed on purpose, by `disconnect()`, by the hidden-tab option or by the back/forward cache
 * - `failed`: the server ended it for good; `reconnect()` tries again
 */
export type ConnectionSnapshot = Common &
  (
    | { readonly status: 'idle'; readonly transport: null; readonly error: null }
    | { readonly status: 'connecting'; readonly transport: null; readonly attempt: number; readonly error: null }
    | {
        readonly status: 'open'
        readonly transport: TransportName
        readonly since: number
        /** The last measured round trip in milliseconds, or `null` before there is one. */
        readonly latency: number | null
        readonly error: null
      }
    | {
        readonly status: 'reconnecting' | 'offline'
        readonly transport: null
        readonly attempt: number
        readonly retryAt: number | null
        readonly error: EverwireError
      }
    | {
        readonly status: 'suspended'
        readonly transport: null
        readonly reason: 'manual' | 'hidden' | 'frozen'
        readonly error: null
      }
    | { readonly status: 'failed'; readonly transport: null; readonly error: EverwireError }
  )

/** Nobody needs a connection yet. */
export const IDLE_SNAPSHOT: ConnectionSnapshot = Object.freeze({
  status: 'idle',
  transport: null,
  error: null,
  trail: [],
})

export type ConnectionStatus = ConnectionSnapshot['status']

/** What a snapshot says beside the state. */
interface Circumstances {
  readonly names: readonly TransportName[]
  readonly latency: number | null
  readonly offline: boolean
  /** Added to a time of the monotonic clock it gives the wall clock, in milliseconds. */
  readonly clockOffset: number
}

/** The connection as the application sees it. */
export function snapshotOf(
  { state, ladder: { trail } }: Machine,
  { names, latency, offline, clockOffset }: Circumstances,
): ConnectionSnapshot {
  const wallClock = (monotonic: number) => Math.round(monotonic + clockOffset)
  const away = (attempt: number, retryAt: number | null, error: EverwireError): ConnectionSnapshot => ({
    status: offline ? 'offline' : 'reconnecting',
    transport: null,
    attempt,
    retryAt,
    error,
    trail,
  })
  switch (state.kind) {
    case 'open': {
      const { rung, since } = state.carrier
      const transport = names[rung]!
      return { status: 'open', transport, since: wallClock(since), latency, error: null, trail }
    }
    case 'connecting':
      return state.error === null
        ? { status: 'connecting', transport: null, attempt: state.attempt, error: null, trail }
        : away(state.attempt, null, state.error)
    case 'waiting':
      return away(state.attempt, wallClock(state.retryAt), state.error)
    case 'suspended':
      return { status: 'suspended', transport: null, reason: state.reason, error: null, trail }
    case 'failed':
      return { status: 'failed', transport: null, error: state.error, trail }
    case 'idle':
      return { status: 'idle', transport: null, error: null, trail }
  }
}
