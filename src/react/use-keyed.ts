'use client'
import { useState } from 'react'

/**
 * Keeps what `create` made until one of `keys` changes. Unlike `useMemo` it is a promise, and what goes in beside the
 * keys, such as inline options, does not count.
 */
export function useKeyed<Value>(keys: readonly unknown[], create: () => Value): Value {
  const [kept, keep] = useState(() => ({ keys, value: create() }))
  if (kept.keys.length === keys.length && kept.keys.every((key, index) => Object.is(key, keys[index])))
    return kept.value
  const next = { keys, value: create() }
  keep(next)
  return next.value
}
