import { backoffMs } from '../lib/backoff.ts'
import { adviceOf, CODE } from '../protocol/codes.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { RetryWindow } from '../protocol/frame.ts'
import {
  acquit,
  climbDelay,
  demote,
  forgetFailures,
  judge,
  type Ladder,
  type LadderSettings,
  promote,
  recordVerdicts,
  rungsAbove,
  startOrder,
  strike,
} from './ladder.ts'
import type { WireEnd } from './transport.ts'
import type { Verdict } from './verdict.ts'
import {
  type Connecting,
  type ConnectionEvent,
  isRacing,
  type Machine,
  type Open,
  type Race,
  type Stepped,
  type Trial,
} from './connection-state.ts'

const NO_RACE: Race = { trials: [], queue: [], raceAt: Infinity }

const isRejection = ({ code }: WireEnd) => code !== undefined && /stop|renew/.test(adviceOf(code))

const withStatus = ({ code }: WireEnd) => ({ retryable: true, ...(code !== undefined && { status: code }) })

/** The steps that transitions are made of, for one event. */
export interface Steps {
  connect(attempt: number, error: EverwireError | null, from?: Ladder): Machine
  /** What was tried on another network, or before a sleep, may hang: it is tried anew. */
  wake(machine: Stepped<Connecting | Open>, doubt: boolean): Machine
  suspect(state: Open, why: 'quiet' | 'stuck', from: Ladder): Machine
  /** Another wire of the carrier's rung; with `forget` the better rungs too, and nothing is held against any. */
  replace(state: Open, forget: boolean): Machine
  revive(state: Open): Machine
  uplinkDead(state: Open, detail: string): Machine
  tick(machine: Machine): Machine
  /** A trial got through its handshake, or it must start again since what it asked for is out of date. */
  trialChanged(machine: Machine, id: number, change: 'reached' | 'stale'): Machine
  proven(machine: Machine, id: number, retry: RetryWindow): Machine
  ended(machine: Machine, id: number, end: WireEnd, retry: RetryWindow | undefined): Machine
}

export function createSteps(ladder: Ladder, event: ConnectionEvent, settings: LadderSettings): Steps {
  const { now, at, random } = event
  const { names } = settings

  /** Starts the next rung of the queue, if nothing runs or it must. */
  function advance<State extends Connecting | Open>(from: State, ladder: Ladder, must: boolean): Stepped<State> {
    const [rung, ...queue] = from.queue
    if (rung === undefined || !(must || from.trials.length === 0)) return { state: from, ladder }
    const proveBy = now + settings.proveWithinMs * (from.kind === 'connecting' ? Math.min(from.attempt + 1, 4) : 1)
    const trials = [...from.trials, { id: ladder.nextId, rung, reached: false, proveBy }]
    const raceAt = now + Math.max(settings.raceAfterMs, 2 * ladder.rttMs)
    return { state: { ...from, trials, queue, raceAt }, ladder: { ...ladder, nextId: ladder.nextId + 1 } }
  }

  function connect(attempt: number, error: EverwireError | null, from: Ladder = ladder): Machine {
    const queue = startOrder(from)
    if (queue.length === 0) return unusable(from)
    return advance<Connecting>({ kind: 'connecting', ...NO_RACE, queue, attempt, verdicts: [], error }, from, true)
  }

  const unusable = (from: Ladder): Machine => ({
    state: {
      kind: 'failed',
      error: new EverwireError('unsupported', `this environment can use none of: ${names.join(', ')}`),
    },
    ladder: from,
  })

  function wait(attempt: number, error: EverwireError, from: Ladder, window?: RetryWindow): Machine {
    const drawn = window ? window[0] + random * (window[1] - window[0]) : 0
    // A window overrides the first back-off; a server that keeps failing is not hammered within it either.
    const delay = Math.max(drawn, window && attempt === 0 ? 0 : backoffMs(attempt, settings.retry, random))
    return { state: { kind: 'waiting', attempt: attempt + 1, retryAt: now + delay, error }, ladder: from }
  }

  /** Where the race is over on a lower rung, sets the time of the next climb. */
  function settle({ state, ladder }: Stepped<Open>): Machine {
    const racing = state.trials.length > 0 || state.queue.length > 0
    if (racing || state.climbAt < Infinity || rungsAbove(ladder, state.carrier.rung).length === 0)
      return { state, ladder }
    const climbAt = now + climbDelay(ladder, settings, random)
    return { state: { ...state, climbAt }, ladder: { ...ladder, climbs: ladder.climbs + 1 } }
  }

  function climb(state: Open, from: Ladder): Machine {
    const running = state.trials.map(({ rung }) => rung)
    const above = rungsAbove(from, state.carrier.rung)
    const queue = [...above, ...state.queue.filter((rung) => !above.includes(rung))].filter(
      (rung) => !running.includes(rung),
    )
    return settle(advance({ ...state, queue, climbAt: Infinity }, from, true))
  }

  function suspect(state: Open, why: 'quiet' | 'stuck', from: Ladder): Machine {
    const running = state.trials.map(({ rung }) => rung)
    const queue = startOrder(from).filter((rung) => !running.includes(rung))
    const carrier = { ...state.carrier, suspect: why }
    const first = advance({ ...state, carrier, queue, climbAt: Infinity }, from, true)
    // The best rung and the next start together: it is likely that the first of them is what went quiet.
    return advance(first.state, first.ladder, true)
  }

  function failTrial(
    { state, ladder }: Stepped<Connecting | Open>,
    failed: Trial,
    end: WireEnd,
    how: 'ended' | 'late',
  ): Machine {
    const transport = names[failed.rung]!
    const reason = isRejection(end) ? 'rejected' : judge(transport, failed.reached, how)
    const verdict: Verdict = { transport, reason, detail: end.message, at }
    const trials = state.trials.filter((other) => other !== failed)
    const newest = state.trials.at(-1) === failed
    if (state.kind === 'open') {
      const recorded = recordVerdicts(ladder, [verdict])
      if (failed.rung === state.carrier.rung && !state.carrier.suspect)
        return suspect({ ...state, trials }, 'stuck', recorded)
      return settle(advance({ ...state, trials }, recorded, newest))
    }
    const next = advance({ ...state, trials, verdicts: [...state.verdicts, verdict] }, ladder, newest)
    if (next.state.trials.length > 0) return next
    // Every rung failed: that is a dead network or server and says nothing about any of them.
    const tried = next.state.verdicts.map(({ transport, reason, detail }) => `${transport} ${reason} (${detail})`)
    const error = new EverwireError('unreachable', `no transport could be opened: ${tried.join('; ')}`, withStatus(end))
    const { retryAfterMs } = end
    return wait(
      state.attempt,
      error,
      forgetFailures(next.ladder),
      retryAfterMs === undefined ? undefined : [retryAfterMs, 1.5 * retryAfterMs],
    )
  }

  /** What the server's own word asks for: to stop, or to renew the token once. */
  function obey(ladder: Ladder, rung: number, { code, message }: WireEnd, attempt: number): Machine | undefined {
    if (code === undefined) return undefined
    const advice = adviceOf(code)
    if (advice === 'renew' && !ladder.renewed) {
      const renewing = { ...ladder, renewed: true }
      const error = new EverwireError('unauthenticated', message, { status: code, retryable: true })
      // A server that accepts every new token and soon drops it is not hammered.
      return attempt <= 1 ? connect(attempt, error, renewing) : wait(attempt - 1, error, renewing)
    }
    if (advice !== 'stop' && advice !== 'renew') return undefined
    const kind = advice === 'renew' ? 'unauthenticated' : code === CODE.forbidden ? 'forbidden' : 'closed'
    const rejected: Verdict = { transport: names[rung]!, reason: 'rejected', detail: message, at }
    return {
      state: { kind: 'failed', error: new EverwireError(kind, message, { status: code }) },
      ladder: recordVerdicts({ ...ladder, renewed: false }, [rejected]),
    }
  }

  /** @param told - the window that the server gave with its goodbye */
  function carrierEnded(state: Open, before: Ladder, end: WireEnd, told: RetryWindow | undefined): Machine {
    const { rung, since } = state.carrier
    const stable = now - since >= settings.stableMs
    const judged = stable ? { ...acquit(before, rung), climbs: 0 } : strike(before, rung)
    // The lowest rung has nothing to fall to: there only the back-off grows.
    const lower = startOrder(judged).some((other) => other > rung)
    const flapping = lower && judged.rungs[rung]!.strikes >= 2
    const attempt = stable ? 0 : state.attempt + 1
    const error = new EverwireError('unreachable', end.message, withStatus(end))
    const next = flapping
      ? recordVerdicts(demote(judged, rung), [{ transport: names[rung]!, reason: 'flapping', detail: end.message, at }])
      : judged
    const window = told ?? before.retry
    const left = startOrder(next)
    // Trials that could not be proven beside a wire that fell silent may hang with it (a pool of dead connections).
    const silent = state.carrier.suspect && end.code === undefined
    if (state.trials.length > 0 && !silent) {
      const queue = left.filter((other) => !state.trials.some((running) => running.rung === other))
      return {
        state: { kind: 'connecting', trials: state.trials, queue, raceAt: now, attempt, verdicts: [], error },
        ladder: next,
      }
    }
    if (left.length === 0) return wait(attempt, error, forgetFailures(next), window)
    // A fall to another rung is no return of a herd.
    if (flapping && !told) return connect(attempt, error, next)
    if (window[1] > 0) return wait(Math.max(0, attempt - 1), error, next, window)
    if ((end.code ?? 0) >= CODE.internal) return wait(attempt, error, next)
    // The first cut is answered at once; a server that keeps dropping is not hammered.
    return attempt <= 1 ? connect(attempt, error, next) : wait(attempt - 1, error, next)
  }

  return {
    connect,
    wake({ state, ladder }: Stepped<Connecting | Open>, doubt: boolean): Machine {
      // Several signals may tell of the same wake-up: what was started for the first one goes on.
      const stale = now >= state.raceAt
      if (state.kind === 'connecting') return stale ? connect(state.attempt, state.error) : { state, ladder }
      const patient = { ...ladder, climbs: 0 }
      if (doubt && (stale || !state.carrier.suspect)) return suspect({ ...state, trials: [] }, 'quiet', patient)
      const trials = state.trials.filter(({ rung }) => rung >= state.carrier.rung)
      return climb({ ...state, trials }, patient)
    },
    suspect,
    replace(state: Open, forget: boolean): Machine {
      const from = forget ? { ...forgetFailures(ladder), climbs: 0 } : ladder
      const { rung } = state.carrier
      const queue = forget
        ? [...rungsAbove(from, rung), rung]
        : [rung, ...state.queue.filter((other) => other !== rung)]
      // A trial of the same rung knows less about what is wanted than a new one.
      const trials = state.trials.filter((other) => !queue.includes(other.rung))
      return advance({ ...state, trials, queue, climbAt: forget ? Infinity : state.climbAt }, from, true)
    },
    revive(state: Open): Machine {
      const above = ({ rung }: { rung: number }) => rung < state.carrier.rung
      const trials = state.trials.filter(above)
      const queue = state.queue.filter((rung) => above({ rung }))
      return settle({ state: { ...state, carrier: { ...state.carrier, suspect: false }, trials, queue }, ladder })
    },
    uplinkDead(state: Open, detail: string): Machine {
      const next = recordVerdicts(ladder, [
        { transport: names[state.carrier.rung]!, reason: 'uplink-dead', detail, at },
      ])
      // Only what is news makes a climb worth while now; else it comes at its time.
      return next === ladder ? { state, ladder } : climb(state, next)
    },
    tick(machine: Machine): Machine {
      const { state } = machine
      if (state.kind === 'waiting') return now >= state.retryAt ? connect(state.attempt, state.error) : machine
      let next = machine
      for (;;) {
        if (!isRacing(next)) return next
        const late = next.state.trials.find(({ proveBy }) => now >= proveBy)
        if (!late) break
        const message = late.reached ? 'it opened, but no answer came in time' : 'no answer came in time'
        next = failTrial(next, late, { message }, 'late')
      }
      if (next.state.queue.length > 0 && now >= next.state.raceAt) next = advance(next.state, next.ladder, true)
      return next.state.kind === 'open' && now >= next.state.climbAt ? climb(next.state, next.ladder) : next
    },
    trialChanged(machine: Machine, id: number, change: 'reached' | 'stale'): Machine {
      if (!isRacing(machine)) return machine
      if (!machine.state.trials.some((trial) => trial.id === id)) return machine
      const stale = change === 'stale'
      const trials = machine.state.trials.map((trial) =>
        trial.id === id ? { ...trial, ...(stale && { id: ladder.nextId }), reached: !stale } : trial,
      )
      const next = stale ? { ...ladder, nextId: ladder.nextId + 1 } : ladder
      return { state: { ...machine.state, trials }, ladder: next }
    },
    proven(machine: Machine, id: number, retry: RetryWindow): Machine {
      if (!isRacing(machine)) return machine
      const { state } = machine
      const winner = state.trials.find((trial) => trial.id === id)
      if (!winner) return machine
      const { rung } = winner
      const carrier = state.kind === 'open' ? state.carrier : undefined
      if (state.kind === 'open' && rung > state.carrier.rung && !state.carrier.suspect) {
        return settle({ state: { ...state, trials: state.trials.filter((trial) => trial !== winner) }, ladder })
      }
      const same = carrier?.rung === rung
      const open: Open = {
        kind: 'open',
        // A wire that replaces another of its rung continues that life: it is no new proof of stability.
        carrier: { id, rung, since: same ? carrier.since : now, suspect: false },
        attempt: state.attempt,
        trials: state.trials.filter((trial) => trial.rung < rung),
        queue: state.queue.filter((other) => other < rung),
        raceAt: Math.max(state.raceAt, now),
        climbAt: state.kind === 'open' && same ? state.climbAt : Infinity,
      }
      const proven: Ladder = { ...promote(ladder, rung), renewed: false, retry, remembered: rung }
      return settle({ state: open, ladder: recordVerdicts(proven, state.kind === 'connecting' ? state.verdicts : []) })
    },
    ended(machine: Machine, id: number, end: WireEnd, retry: RetryWindow | undefined): Machine {
      if (!isRacing(machine)) return machine
      const { state } = machine
      const failed = state.trials.find((trial) => trial.id === id)
      const carrier = state.kind === 'open' && state.carrier.id === id ? state.carrier : undefined
      if (!failed && !carrier) return machine
      const shortLived = carrier !== undefined && now - carrier.since < settings.stableMs
      // A better rung may be spoken for by somebody in between; what carries goes on.
      const isClimb = failed && state.kind === 'open' && failed.rung < state.carrier.rung
      const obeyed = isClimb
        ? undefined
        : obey(ladder, (failed ?? carrier)!.rung, end, shortLived ? state.attempt + 1 : 0)
      if (obeyed) return obeyed
      return failed ? failTrial(machine, failed, end, 'ended') : carrierEnded(state as Open, ladder, end, retry)
    },
  }
}
