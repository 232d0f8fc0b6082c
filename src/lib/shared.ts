import { clampDelay } from './scope.ts'

/**
 * Something many users share: the first user starts it, the last one's leaving stops it after a linger, so that route
 * changes, development double mounts and Fast Refresh do not close what is wanted again a moment later.
 */
export interface Shared {
  /** Takes a share. Returns an idempotent release. */
  acquire(this: void): () => void
  /** Stops now, whoever still uses it, and cancels the linger. */
  stop(): void
  readonly users: number
}

/**
 * @param start - called for the first user; returns what stops it
 * @param lingerMs - how long it outlives its last user, in milliseconds; `0` stops at once
 */
export function createShared(start: () => () => void, lingerMs: number): Shared {
  let users = 0
  let stopRunning: (() => void) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    const stopIt = stopRunning
    stopRunning = undefined
    stopIt?.()
  }
  return {
    acquire() {
      users++
      clearTimeout(timer)
      timer = undefined
      stopRunning ??= start()
      let released = false
      return () => {
        if (released) return
        released = true
        if (--users > 0 || !stopRunning) return
        if (lingerMs > 0) timer = setTimeout(stop, clampDelay(lingerMs))
        else stop()
      }
    },
    stop,
    get users() {
      return users
    },
  }
}
