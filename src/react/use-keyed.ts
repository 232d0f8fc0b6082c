'use client'
import { useState } from 'react'
import { watchChurn } from './watch-churn.ts'

declare const process: { readonly env: { readonly NODE_ENV?: string } } | undefined

/**
 * Keeps what `create` made until one of `keys` changes. Unlike `useMemo` it is a promise, and what goes in beside the
 * keys, such as inline options, does not count.
 */
export function useKeyed<Value>(keys: readonly unknown[], create: () => Value): Value {
  const [kept, keep] = useState(() => ({ keys, value: create() }))
  if (kept.keys.length === keys.length && kept.keys.every((key, index) => Object.is(key, keys[index])))
    return kept.value
  if (typeof process !== 'undefined' && process.env.NODE_ENV !== 'production') watchChurn(keep, keys)
  const next = { keys, value: create() }
  keep(next)
  return next.value
}
