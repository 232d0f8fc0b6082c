/** Reports an error of a user's handler the way the platform reports uncaught ones, without stopping anything. */
export function reportHandlerError(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

export type Listener<Value> = (value: Value) => void

/** A list of listeners. One that throws does not keep the others from hearing. */
export interface Emitter<Value> {
  /** Adds a listener; the same function added twice is called twice. Returns an idempotent remove. */
  on(this: void, listener: Listener<Value>): () => void
  emit(this: void, value: Value): void
  readonly size: number
}

/** @param onError - hears what a listener throws; default: `reportHandlerError` */
export function createEmitter<Value>(onError: (error: unknown) => void = reportHandlerError): Emitter<Value> {
  // An entry of its own for each `on`, since the same function may be added twice and is then removed one at a time.
  let entries: readonly { listener: Listener<Value>; removed: boolean }[] = []
  return {
    on(listener) {
      const entry = { listener, removed: false }
      entries = [...entries, entry]
      return () => {
        entry.removed = true
        entries = entries.filter((other) => other !== entry)
      }
    },
    emit(value) {
      for (const entry of entries) {
        if (entry.removed) continue
        try {
          entry.listener(value)
        } catch (error) {
          onError(error)
        }
      }
    },
    get size() {
      return entries.length
    },
  }
}
