'use client'
import { useState, useSyncExternalStore } from 'react'

export interface Readable<Value> {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => Value
  /** What a server renders, and the browser first of all. */
  readonly getServerSnapshot: () => Value
}

interface Memory<Result> {
  last: { readonly value: Result } | undefined
}

/** Reads a store through `project`; what is equal to the result before keeps its identity, also for inline functions. */
export function useProjected<Value, Result>(
  { subscribe, getSnapshot, getServerSnapshot }: Readable<Value>,
  project: (value: Value) => Result,
  isEqual: (a: Result, b: Result) => boolean,
): Result {
  const [memory] = useState<Memory<Result>>(() => ({ last: undefined }))
  return useSyncExternalStore(
    subscribe,
    projecting(getSnapshot, project, isEqual, memory),
    projecting(getServerSnapshot, project, isEqual, memory),
  )
}

/** The memory is only a hint: whichever render wrote it, an equal result is as good. */
function projecting<Value, Result>(
  read: () => Value,
  project: (value: Value) => Result,
  isEqual: (a: Result, b: Result) => boolean,
  memory: Memory<Result>,
): () => Result {
  let from: Value
  let result: { readonly value: Result } | undefined
  return () => {
    const value = read()
    if (!result || !Object.is(value, from)) {
      from = value
      const next = project(value)
      result = memory.last && isEqual(memory.last.value, next) ? memory.last : { value: next }
      memory.last = result
    }
    return result.value
  }
}
