import { isHidden } from '../lib/page-signals.ts'
import { afterPatiently } from '../lib/patient-timer.ts'
import type { Scope } from '../lib/scope.ts'

/** How long an asked wire may stay silent before it is given up, in milliseconds. */
const DEAD_MS = 2_500
/**
 * The same for a wire that others are tried beside already because of a sleep. What is tried may hang in the same dead
 * connections of the browser's pool; the next attempt gets fresh ones, and must still come in time.
 */
const DOUBTED_MS = 750
/** Least silence that is ever suspicious, however busy the wire was, in milliseconds. */
const LEAST_QUIET_MS = 100
const BUCKET_MS = 2_000
const BUCKETS = 5

export interface LivenessOptions {
  /** The server's promise: no silence longer than this, in milliseconds. */
  readonly heartbeatMs: number
  /** The last known round trip, in milliseconds. */
  readonly rttMs: () => number
  /** Asks the other side to answer at once, where the wire can. */
  readonly ping: (() => void) | undefined
  /** It is quieter than it should be: others may be tried beside it. */
  readonly onQuiet: () => void
  /** It spoke again after `onQuiet`. */
  readonly onRevived: () => void
  /** It was asked and stayed silent. */
  readonly onDead: (silentMs: number) => void
}

export interface Liveness {
  /** Bytes arrived. */
  alive(): void
  /** The answer to a ping of that time on the monotonic clock, in milliseconds. */
  answered(pingedAt: number): void
  /** Silent beyond the heartbeat by one of the clocks: the monotonic one may have stood still in a sleep. */
  readonly overdue: boolean
  /**
   * Something happened after which an open wire is not believed: it is asked at once.
   * - `slept`: bytes that come at once may be older than the sleep; only an answer is believed, or what comes later
   * - `suspected`: others are tried beside it already; `onRevived` tells when it is believed again
   */
  check(after: { readonly slept: boolean; readonly suspected: boolean }): void
}

/**
 * Watches whether a wire still lives. Any byte is a sign of life. Silence beyond the server's heartbeat is asked about;
 * so is, on a wire that has been busy, silence beyond three times its longest pause of the last ten seconds: a black
 * hole under a busy wire is noticed in a fraction of a second. Asking costs a ping, suspicion a second connection;
 * only a wire that was asked and said nothing for 2.5 s is given up.
 */
export function watchLiveness(scope: Scope, options: LivenessOptions): Liveness {
  const { heartbeatMs, rttMs, ping, onQuiet, onRevived, onDead } = options
  const limitMs = heartbeatMs * 1.4
  let lastAt = performance.now()
  let lastOnWallAt = Date.now()
  let asked = false
  let askedAt = 0
  /** What arrives before this says nothing. */
  let believeFrom = 0
  /** A sleep ended: it was no pause of the other side. */
  let pauseFrom = 0
  let suspected = false
  let cancel = () => {}
  // The longest pause of each of the last buckets of time, to know what is usual.
  let pauses: number[] = []
  let bucket = { since: lastAt, longest: 0, count: 0 }

  function quietMs(): number {
    if (pauses.length === 0 || isHidden()) return limitMs
    return Math.min(limitMs, Math.max(LEAST_QUIET_MS, 3 * Math.max(bucket.longest, ...pauses)))
  }

  function watch(waitMs: number): void {
    cancel()
    cancel = afterPatiently(scope, waitMs, () => {
      const leftMs = lastAt + quietMs() - performance.now()
      if (leftMs > 0) watch(leftMs)
      else ask(DEAD_MS)
    })
  }

  const patienceMs = () => Math.max(250, 4 * rttMs())

  function ask(deadMs: number): void {
    asked = true
    askedAt = performance.now()
    ping?.()
    cancel()
    const patience = patienceMs()
    const stopQuiet = afterPatiently(scope, patience, () => {
      if (suspected) return
      suspected = true
      onQuiet()
    })
    const stopDead = afterPatiently(scope, deadMs + patience, () => onDead(Math.round(performance.now() - lastAt)))
    cancel = () => {
      stopDead()
      stopQuiet()
    }
  }

  function believe(): void {
    asked = false
    const revived = suspected
    suspected = false
    watch(quietMs())
    if (revived) onRevived()
  }

  watch(limitMs)
  return {
    alive() {
      const now = performance.now()
      bucket.count++
      bucket.longest = Math.max(bucket.longest, now - Math.max(lastAt, pauseFrom))
      if (now - bucket.since > BUCKET_MS) {
        // Too few arrivals say nothing about what is usual.
        pauses = bucket.count < 20 ? [] : [...pauses.slice(1 - BUCKETS), bucket.longest]
        bucket = { since: now, longest: 0, count: 0 }
        if (!asked) watch(quietMs())
      }
      lastAt = now
      lastOnWallAt = Date.now()
      if (asked && now >= believeFrom) believe()
    },
    answered(pingedAt) {
      if (asked && pingedAt >= Math.floor(askedAt)) believe()
    },
    get overdue() {
      return Math.max(performance.now() - lastAt, Date.now() - lastOnWallAt) > limitMs
    },
    check(after) {
      const now = performance.now()
      const news = after.suspected && !suspected
      suspected ||= after.suspected
      // Several signals may tell of the same waking.
      const isNewWaking = after.slept && now >= believeFrom
      if (asked && !news && !isNewWaking) return
      // Also where it was asked before the sleep: bytes from that time answer nothing.
      if (after.slept) {
        believeFrom = now + patienceMs()
        pauseFrom = now
      }
      ask(after.suspected ? DOUBTED_MS : DEAD_MS)
    },
  }
}
