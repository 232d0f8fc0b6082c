'use client'
import * as React from 'react'

/**
 * A function of constant identity that calls the newest `handler`, which is in place before any other effect of the
 * same commit runs. For handlers of events; not to be called in a render.
 */
export function useLatest<Args extends readonly unknown[], Result>(
  handler: (...args: Args) => Result,
): (...args: Args) => Result {
  const latest = React.useRef(handler)
  React.useInsertionEffect(() => {
    latest.current = handler
  })
  return React.useCallback((...args: Args) => latest.current(...args), [])
}

/**
 * The same, only to be called in effects. React 19.2 has one of its own.
 * Copied, since bundlers refuse a name that an older React does not export.
 */
export const useEffectEvent: typeof useLatest = { ...React }.useEffectEvent ?? useLatest
