/** Longest delay a timer can hold: above 2^31-1 ms browsers and Node fire at once. */
export const MAX_DELAY_MS: number = 2 ** 31 - 1

/** Keeps a delay within what timers can do; anything that is not a number becomes `0`. */
export const clampDelay = (ms: number): number => Math.min(Math.max(0, ms || 0), MAX_DELAY_MS)

/**
 * A lifetime. Whatever is started in a scope (timers, listeners, sockets, children) ends with it.
 * After `stop` the scope starts nothing: `defer` runs its cleanup at once, timers are not armed.
 */
export interface Scope {
  /** Aborted by `stop`; give it to `fetch` and to every other asynchronous work. */
  readonly signal: AbortSignal
  readonly stopped: boolean
  /** Runs `cleanup` once when the scope stops, last registered first. Returns a function that forgets it. */
  defer(cleanup: () => void): () => void
  /** Runs `run` once after `ms` milliseconds unless the scope stops before. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void
  /** Listens until the scope stops. A missing target (no `window` on a server) is fine: nothing is listened to. */
  listen(target: EventTargetLike | EventTarget | undefined, type: string, handler: (event: never) => void): void
  /** A scope that stops with this one, or earlier by itself. */
  child(): Scope
  /** Ends everything started in the scope. Safe to call twice. */
  stop(this: void): void
}

/** The part of `EventTarget` that is used; `window`, `document`, sockets and mocks have it. */
export interface EventTargetLike {
  addEventListener(type: string, handler: (event: never) => void): void
  removeEventListener(type: string, handler: (event: never) => void): void
}

export function createScope(): Scope {
  const controller = new AbortController()
  const cleanups = new Set<() => void>()
  const scope: Scope = {
    signal: controller.signal,
    get stopped() {
      return controller.signal.aborted
    },
    defer(cleanup) {
      if (scope.stopped) cleanup()
      else cleanups.add(cleanup)
      return () => void cleanups.delete(cleanup)
    },
    after(ms, run) {
      if (scope.stopped) return () => {}
      const timer = setTimeout(() => {
        forget()
        run()
      }, clampDelay(ms))
      const cancel = () => clearTimeout(timer)
      const forget = scope.defer(cancel)
      return () => {
        forget()
        cancel()
      }
    },
    listen(target, type, handler) {
      if (!target || scope.stopped) return
      // Who listens knows which event comes.
      const listener = handler as () => void
      target.addEventListener(type, listener)
      // The window of a page that was torn down has lost its methods, and its listeners with them.
      scope.defer(() => target.removeEventListener?.(type, listener))
    },
    child() {
      const child = createScope()
      child.defer(scope.defer(child.stop))
      return child
    },
    stop() {
      if (scope.stopped) return
      controller.abort()
      for (const cleanup of [...cleanups].reverse()) cleanup()
      cleanups.clear()
    },
  }
  return scope
}
