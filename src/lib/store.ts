import { createEmitter } from './emitter.ts'

/** A value with listeners, in the shape `useSyncExternalStore` reads. A snapshot keeps its identity until it is set. */
export interface Store<Value> {
  /** The value now. */
  get(this: void): Value
  /** Replaces the value and tells the listeners; setting the identical value tells nobody. */
  set(this: void, value: Value): void
  /** Adds a listener, called without arguments after each change. Returns an idempotent unsubscribe. */
  subscribe(this: void, listener: () => void): () => void
  /** How many listeners there are. */
  readonly size: number
}

export function createStore<Value>(initial: Value): Store<Value> {
  const changed = createEmitter<void>()
  let value = initial
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      changed.emit()
    },
    subscribe: (listener) => changed.on(listener),
    get size() {
      return changed.size
    },
  }
}
