import type { BackoffOptions } from '../lib/backoff.ts'
import type { RetryWindow } from '../protocol/frame.ts'
import type { TransportName } from './transport.ts'
import type { Verdict, VerdictReason } from './verdict.ts'

/** One transport's record. */
export interface Rung {
  /** The environment cannot use it at all. */
  readonly unsupported: boolean
  /** Lives that were too short, in a row. */
  readonly strikes: number
  /** Not started in a race any more, only by a climb. */
  readonly demoted: boolean
}

/** What the ladder knows, apart from what runs. Rungs are numbered from 0, the best. */
export interface Ladder {
  readonly rungs: readonly Rung[]
  /** The rung that worked last time; it starts first. */
  readonly remembered: number | undefined
  /** How many climbs were scheduled since something changed: each doubles the wait for the next. */
  readonly climbs: number
  /** The last known round trip, in milliseconds; `0`: none yet. */
  readonly rttMs: number
  /** The token was renewed once and nothing was proven since. */
  readonly renewed: boolean
  /** The server's window for the first retry. */
  readonly retry: RetryWindow
  readonly trail: readonly Verdict[]
  /** The id of the next wire. */
  readonly nextId: number
}

/** `LadderOptions` with every default filled in, and the names of the rungs. */
export interface LadderSettings {
  readonly names: readonly TransportName[]
  readonly raceAfterMs: number
  readonly proveWithinMs: number
  readonly stableMs: number
  readonly climb: BackoffOptions
  readonly retry: BackoffOptions
}

const TRAIL_SIZE = 20

export const createLadder = (unsupported: readonly boolean[], remembered: number | undefined): Ladder => ({
  rungs: unsupported.map((is) => ({ unsupported: is, strikes: 0, demoted: false })),
  remembered,
  climbs: 0,
  rttMs: 0,
  renewed: false,
  retry: [0, 0],
  trail: [],
  nextId: 1,
})

/** The rungs of a race in the order they start: the remembered one, then best first. */
export function startOrder({ rungs, remembered }: Ladder): number[] {
  const usable = rungs.flatMap((rung, index) => (rung.unsupported || rung.demoted ? [] : [index]))
  return remembered !== undefined && usable.includes(remembered)
    ? [remembered, ...usable.filter((index) => index !== remembered)]
    : usable
}

/** The rungs above `rung` that a climb tries, best first; a demoted one too, that is how it comes back. */
export const rungsAbove = ({ rungs }: Ladder, rung: number): number[] =>
  rungs.flatMap(({ unsupported }, index) => (index < rung && !unsupported ? [index] : []))

const change = (ladder: Ladder, at: number, changed: Partial<Rung>): Ladder => ({
  ...ladder,
  rungs: ladder.rungs.map((rung, index) => (index === at ? { ...rung, ...changed } : rung)),
})

export const strike = (ladder: Ladder, rung: number): Ladder =>
  change(ladder, rung, { strikes: ladder.rungs[rung]!.strikes + 1 })

export const demote = (ladder: Ladder, rung: number): Ladder => change(ladder, rung, { demoted: true })

/** A proven rung may start in races again; its strikes stay until it has lived. */
export const promote = (ladder: Ladder, rung: number): Ladder => change(ladder, rung, { demoted: false })

export const acquit = (ladder: Ladder, rung: number): Ladder => change(ladder, rung, { strikes: 0 })

/** Forgets what speaks against rungs: when all fail, the network or the server is away and none of them is to blame. */
export const forgetFailures = (ladder: Ladder): Ladder => ({
  ...ladder,
  rungs: ladder.rungs.map((rung) => ({ ...rung, strikes: 0, demoted: false })),
})

/** Adds verdicts to the trail; the same reason for the same transport in a row is one verdict. */
export function recordVerdicts(ladder: Ladder, verdicts: readonly Verdict[]): Ladder {
  const latest = [...ladder.trail].reverse()
  const fresh = verdicts.filter(
    ({ transport, reason }) => latest.find((known) => known.transport === transport)?.reason !== reason,
  )
  return fresh.length === 0 ? ladder : { ...ladder, trail: [...ladder.trail, ...fresh].slice(-TRAIL_SIZE) }
}

/** Why an attempt failed, from how far it came and whether it ended or was given up. */
export function judge(transport: TransportName, reached: boolean, how: 'ended' | 'late'): VerdictReason {
  if (how === 'ended') return reached && transport !== 'longpoll' ? 'flapping' : 'refused'
  if (!reached) return 'hung'
  return transport === 'websocket' ? 'silent' : 'muted'
}

/** The wait before better rungs are tried again: one to six times the least wait, doubled with each climb. */
export const climbDelay = ({ climbs }: Ladder, { climb }: LadderSettings, random: number): number =>
  Math.min(climb.maxMs, climb.minMs * 2 ** Math.min(climbs, 20) * (1 + 5 * random))
