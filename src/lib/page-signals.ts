import type { EventTargetLike, Scope } from './scope.ts'

/**
 * What the page or the device says about itself.
 * - `wake`: visible again, restored from the back/forward cache, resumed after a freeze, or the clock jumped
 * - `online`: the browser believes in a network again; a good moment to try, no proof
 * - `offline`: a hint only (VPNs and virtual adapters make it lie)
 * - `hidden`: the tab went to the background
 * - `leave`: the page goes into the back/forward cache (`pagehide` with `persisted`)
 */
export type PageSignal = 'wake' | 'online' | 'offline' | 'hidden' | 'leave'

/** How far a five-second timer may be late before it counts as a sleep of the machine, in milliseconds. */
const JUMP_MS = 15_000
const TICK_MS = 5_000

interface PageGlobals {
  readonly window?: EventTargetLike
  readonly document?: EventTargetLike & { readonly visibilityState?: string; readonly hidden?: boolean }
}

/** Whether the page is in the background (a server or worker never is). */
export const isHidden = (): boolean => (globalThis as PageGlobals).document?.hidden === true

/**
 * Hears the page's life until the scope stops: Page Lifecycle `resume`, `visibilitychange`, `pageshow` and `pagehide`
 * with `persisted`, `online`, `offline`, and a clock that jumped (the machine slept). Chrome 149 does not always fire
 * `visibilitychange` after `resume`, so both are heard. Outside a browser only the clock is watched.
 */
export function listenToPage(scope: Scope, onSignal: (signal: PageSignal) => void): void {
  const { window, document } = globalThis as PageGlobals
  scope.listen(document, 'visibilitychange', () => onSignal(isHidden() ? 'hidden' : 'wake'))
  scope.listen(document, 'resume', () => onSignal('wake'))
  scope.listen(window, 'pageshow', (event: { persisted?: boolean }) => event.persisted && onSignal('wake'))
  scope.listen(window, 'pagehide', (event: { persisted?: boolean }) => event.persisted && onSignal('leave'))
  scope.listen(window, 'online', () => onSignal('online'))
  scope.listen(window, 'offline', () => onSignal('offline'))
  const watchClock = (expectedAt: number) =>
    scope.after(TICK_MS, () => {
      // The wall clock on purpose: on some systems `performance.now()` stands still while the machine sleeps.
      // A hidden tab's timers are throttled to one a minute, which is no sleep.
      if (Date.now() - expectedAt > JUMP_MS && !isHidden()) onSignal('wake')
      watchClock(Date.now() + TICK_MS)
    })
  watchClock(Date.now() + TICK_MS)
}
