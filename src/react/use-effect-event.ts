'use client'
import * as React from 'react'

/** Before React 19.2: the newest handler is in place before any other effect of the same commit runs. */
function useLatest<Args extends readonly unknown[]>(handler: (...args: Args) => void): (...args: Args) => void {
  const latest = React.useRef(handler)
  React.useInsertionEffect(() => {
    latest.current = handler
  })
  return React.useCallback((...args: Args) => latest.current(...args), [])
}

// Copied, since bundlers refuse a name that an older React does not export.
export const useEffectEvent: typeof useLatest = { ...React }.useEffectEvent ?? useLatest
