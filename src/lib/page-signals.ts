import type { EventTargetLike, Scope } from './scope.ts'

/**
 * What the page or the device says about itself.
 * - `wake`: visible again, restored from the back/forward cache, or resumed after a freeze
 * - `jump`: the clocks went on without this page (the machine or the process slept), or the wall clock was set
 * - `online`: the browser believes in a network again; a good moment to try, no proof
 * - `offline`: a hint only (VPNs and virtual adapters make it lie)
 * - `hidden`: the tab went to the background
 * - `leave`: the page is frozen, or goes into the back/forward cache (`pagehide` with `persisted`)
 */
export type PageSignal = 'wake' | 'jump' | 'online' | 'offline' | 'hidden' | 'leave'

/** Where a machine's timers stand still while it sleeps, its sleep is noticed so long after it at most. */
const TICK_MS = 1_000
/** How far the clocks may part, and how late a tick may be, before that counts as a sleep, in milliseconds. */
const JUMP_MS = 4_000
/** The same lateness in a hidden tab, whose timers browsers throttle to one a minute. */
const HIDDEN_LATE_MS = 90_000

interface PageGlobals {
  readonly window?: EventTargetLike
  readonly document?: EventTargetLike & { readonly visibilityState?: string; readonly hidden?: boolean }
}

/** Whether the page is in the background (a server or worker never is). */
export const isHidden = (): boolean => (globalThis as PageGlobals).document?.hidden === true

/**
 * Hears the page's life until the scope stops: Page Lifecycle `freeze` and `resume`, `visibilitychange`, `pageshow` and
 * `pagehide` with `persisted`, `online`, `offline`, and clocks that jumped. Chrome 149 does not always fire
 * `visibilitychange` after `resume`, so both are heard. Outside a browser only the clocks are watched.
 */
export function listenToPage(scope: Scope, onSignal: (signal: PageSignal) => void): void {
  const { window, document } = globalThis as PageGlobals
  scope.listen(document, 'visibilitychange', () => onSignal(isHidden() ? 'hidden' : 'wake'))
  scope.listen(document, 'freeze', () => onSignal('leave'))
  scope.listen(document, 'resume', () => onSignal('wake'))
  scope.listen(window, 'pageshow', (event: { persisted?: boolean }) => event.persisted && onSignal('wake'))
  scope.listen(window, 'pagehide', (event: { persisted?: boolean }) => event.persisted && onSignal('leave'))
  scope.listen(window, 'online', () => onSignal('online'))
  scope.listen(window, 'offline', () => onSignal('offline'))
  watchClocks(scope, () => onSignal('jump'))
}

/**
 * Whether the monotonic clock runs on while the machine sleeps depends on the system. Where it stands still, the wall
 * clock leaves it behind, which no throttling of timers does; where it runs on, the tick is late.
 */
function watchClocks(scope: Scope, onJump: () => void): void {
  const startedAt = performance.now()
  const offset = Date.now() - startedAt
  scope.after(TICK_MS, () => {
    const now = performance.now()
    const parted = Math.abs(Date.now() - now - offset)
    const late = now - startedAt - TICK_MS
    watchClocks(scope, onJump)
    if (parted > JUMP_MS || late > (isHidden() ? HIDDEN_LATE_MS : JUMP_MS)) onJump()
  })
}
