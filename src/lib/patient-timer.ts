import type { Scope } from './scope.ts'

/** A timer that is later than this met a thread that was busy or asleep, in milliseconds. */
const LATE_MS = 100

/**
 * Runs once after a wait, and a moment later where the timer itself was late: what was said meanwhile may still wait to
 * be read, and is read first. For judging silence. Returns a function that cancels it.
 */
export function afterPatiently(scope: Scope, ms: number, run: () => void, isLast = false): () => void {
  const due = performance.now() + ms
  let stop = scope.after(ms, () => {
    if (isLast || performance.now() - due <= LATE_MS) run()
    else stop = afterPatiently(scope, LATE_MS, run, true)
  })
  return () => stop()
}
