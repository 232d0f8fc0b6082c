import { listenToPage, type PageSignal } from '../lib/page-signals.ts'
import type { Scope } from '../lib/scope.ts'

export interface PageLifeOptions {
  readonly scope: Scope
  readonly pauseHiddenAfterMs: number | undefined
  /** The page was hidden for too long, is frozen, or goes into the back/forward cache. */
  readonly onSuspend: (reason: 'hidden' | 'frozen') => void
  /** What is open may be dead, and what waits may be tried. */
  readonly onWake: (signal: 'wake' | 'jump' | 'online') => void
  /** Every signal, before the others are called. */
  readonly onSignal?: (signal: PageSignal) => void
}

/** Hears the page's life while that can change anything. */
export interface PageLife {
  /** The time in which it is heard, for timers of that time. */
  readonly awake: Scope | undefined
  /** Idempotent. `true`: it was not heard before. */
  stayAwake(): boolean
  sleep(): void
}

export function createPageLife({ scope, pauseHiddenAfterMs, onSuspend, onWake, onSignal }: PageLifeOptions): PageLife {
  let awake: Scope | undefined
  let cancelPause = () => {}

  function hear(signal: PageSignal): void {
    onSignal?.(signal)
    cancelPause()
    if (signal === 'hidden' && pauseHiddenAfterMs !== undefined)
      cancelPause = awake!.after(pauseHiddenAfterMs, () => onSuspend('hidden'))
    // A page in the back/forward cache must not hold a connection, and is not kept there by some browsers if it does.
    // A frozen one answers no heartbeat and, with a stream, takes one of the six requests that all tabs share.
    if (signal === 'leave') onSuspend('frozen')
    if (signal === 'wake' || signal === 'jump' || signal === 'online') onWake(signal)
  }

  return {
    get awake() {
      return awake
    },
    stayAwake() {
      if (awake) return false
      awake = scope.child()
      listenToPage(awake, hear)
      return true
    },
    sleep() {
      awake?.stop()
      awake = undefined
    },
  }
}
