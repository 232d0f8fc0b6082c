'use client'
import { useMemo, useSyncExternalStore } from 'react'

const MIN_DELAY_MS = 20

/**
 * The whole seconds that are left until `at`, by a timer of its own that renders once a second.
 * @param at - milliseconds since 1970; `null`: nothing is waited for
 */
export function useSecondsUntil(at: number | null): number | null {
  const { subscribe, getSnapshot } = useMemo(() => countdown(at), [at])
  return useSyncExternalStore(subscribe, getSnapshot, () => null)
}

const countdown = (at: number | null) => ({
  getSnapshot: () => (at === null ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000))),
  subscribe: (listener: () => void): (() => void) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const wait = () => {
      if (at === null) return
      const left = at - Date.now()
      if (left <= 0) return
      // Until the figure is another one, which is when it crosses a whole second.
      timer = setTimeout(tick, Math.max(MIN_DELAY_MS, left % 1000 || 1000))
    }
    const tick = () => {
      listener()
      wait()
    }
    wait()
    return () => clearTimeout(timer)
  },
})
