import { afterPatiently } from '../../lib/patient-timer.ts'
import type { Scope } from '../../lib/scope.ts'

/** How long nothing may be heard of the tab that leads before it is asked, and how long it has for its answer. */
const QUIET_MS = 3_000
const ANSWER_MS = 2_500
/** Tabs that find the leader stuck do not all take over at once. */
const SPREAD_MS = 1_500

/**
 * Whether the tab that leads still speaks. Timers of hidden tabs are throttled; what it answers is not.
 * Returns what to call whenever it is heard.
 */
export function watchLeader(
  scope: Scope,
  { ping, onStuck }: { readonly ping: () => void; readonly onStuck: () => void },
): () => void {
  let heardAt = performance.now()
  let isAsking = false

  function check(): void {
    afterPatiently(scope, QUIET_MS, check)
    if (isAsking || performance.now() - heardAt < QUIET_MS) return
    isAsking = true
    const askedAt = performance.now()
    ping()
    afterPatiently(scope, ANSWER_MS + Math.random() * SPREAD_MS, () => {
      isAsking = false
      if (heardAt < askedAt) onStuck()
    })
  }

  afterPatiently(scope, QUIET_MS, check)
  return () => {
    heardAt = performance.now()
  }
}
