/** Reports an error of a user's handler the way the platform reports uncaught ones, without stopping anything. */
export function reportHandlerError(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Calls what an application gave; what it throws goes to `onThrow` and stops nothing. */
export function guard(run: () => void, onThrow: (cause: unknown) => void = reportHandlerError): void {
  try {
    run()
  } catch (cause) {
    onThrow(cause)
  }
}

export type Listener<Value> = (value: Value) => void

/** A list of listeners. One that throws does not keep the others from hearing. */
export interface Emitter<Value> {
  /** Adds a listener; the same function added twice is called twice. Returns an idempotent remove. */
  on(this: void, listener: Listener<Value>): () => void
  emit(this: void, value: Value): void
  readonly size: number
}

/** @param onThrow - hears what a listener throws; default: `reportHandlerError` */
export function createEmitter<Value>(onThrow?: (cause: unknown) => void): Emitter<Value> {
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
        if (!entry.removed) guard(() => entry.listener(value), onThrow)
      }
    },
    get size() {
      return entries.length
    },
  }
}
