/** What a chart needs of one column of pixels, or one row of its table. */
export interface Bucket {
  readonly from: number
  readonly min: number
  readonly max: number
  readonly last: number
  readonly count: number
}

/** Points in the order of their times, in typed arrays of a fixed size: the oldest give way. */
export interface Series {
  add(this: void, at: number, value: number): void
  clear(this: void): void
  readonly size: number
  /** The newest point. */
  readonly last: { readonly at: number; readonly value: number } | undefined
  /**
   * Lowest, highest and last value of `count` equal stretches of time from `from` to `to`; those without points are
   * left out. No spike is lost, however many points there are.
   */
  buckets(this: void, from: number, to: number, count: number): Bucket[]
}

export function createSeries(capacity: number): Series {
  const times = new Float64Array(capacity)
  const values = new Float64Array(capacity)
  let next = 0
  let size = 0
  const slotOf = (index: number) => (next - size + index + capacity) % capacity

  /** The first point at or after a time, by halving. */
  function firstFrom(time: number): number {
    let low = 0
    let high = size
    while (low < high) {
      const middle = (low + high) >> 1
      if (times[slotOf(middle)]! < time) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    add(at, value) {
      times[next] = at
      values[next] = value
      next = (next + 1) % capacity
      if (size < capacity) size++
    },
    clear() {
      next = size = 0
    },
    get size() {
      return size
    },
    get last() {
      if (size === 0) return undefined
      const slot = slotOf(size - 1)
      return { at: times[slot]!, value: values[slot]! }
    },
    buckets(from, to, count) {
      const width = (to - from) / count
      const found: Bucket[] = []
      let current = -1
      let min = 0
      let max = 0
      let last = 0
      let points = 0
      const close = () => {
        if (points > 0) found.push({ from: from + current * width, min, max, last, count: points })
      }
      for (let index = firstFrom(from); index < size; index++) {
        const slot = slotOf(index)
        const at = times[slot]!
        if (at > to) break
        const value = values[slot]!
        const bucket = Math.min(count - 1, Math.floor((at - from) / width))
        if (bucket !== current) {
          close()
          current = bucket
          min = max = value
          points = 0
        }
        if (value < min) min = value
        if (value > max) max = value
        last = value
        points++
      }
      close()
      return found
    },
  }
}
