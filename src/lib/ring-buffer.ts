/** The last `size` values, oldest first. */
export interface RingBuffer<Value> {
  push(value: Value): void
  /** The values now, oldest first, as a new array. */
  toArray(): Value[]
  clear(): void
  readonly length: number
}

export function createRingBuffer<Value>(size: number): RingBuffer<Value> {
  let values: Value[] = []
  let start = 0
  return {
    push(value) {
      if (size < 1) return
      if (values.length < size) values.push(value)
      else {
        values[start] = value
        start = (start + 1) % size
      }
    },
    toArray: () => [...values.slice(start), ...values.slice(0, start)],
    clear() {
      values = []
      start = 0
    },
    get length() {
      return values.length
    },
  }
}
