import type { PositionParts } from '../protocol/position.ts'
import type { Entry } from './encoded.ts'

/** What lies after a position in a stretch of history: the entries, or `fork` where the position is of another history. */
export type After = readonly Entry[] | 'fork' | undefined

/**
 * An unbroken run of a topic's messages in one epoch. Its floor is the verified position before the first of them,
 * where that is known.
 */
export class Stretch {
  floor: PositionParts | undefined
  entries: Entry[]

  constructor(floor: PositionParts | undefined, entries: Entry[] = []) {
    this.floor = floor
    this.entries = entries
  }

  /** Adds the newest message; keeps `size` to twice `size`, so that trimming costs little. */
  push(entry: Entry, size: number): void {
    this.entries.push(entry)
    if (this.entries.length > size * 2) this.trim(size)
  }

  trim(size: number): void {
    if (this.entries.length <= size) return
    const cut = this.entries.length - size
    this.floor = this.entries[cut - 1]
    this.entries = this.entries.slice(cut)
  }

  /** The entries after a position of the same epoch; `undefined` where the stretch does not hold the position. */
  after({ offset, tag }: PositionParts): After {
    const { floor, entries } = this
    if (floor?.offset === offset) return floor.tag === tag ? entries : 'fork'
    const at = this.#find(offset)
    if (at < 0) return undefined
    return entries[at]!.tag === tag ? entries.slice(at + 1) : 'fork'
  }

  /** The tag at an offset, where the stretch holds it. */
  tagAt(offset: number): string | undefined {
    if (this.floor?.offset === offset) return this.floor.tag
    return this.entries[this.#find(offset)]?.tag
  }

  /** Takes over the older messages of another stretch, where the two meet. */
  extendBack(older: Stretch, size: number): void {
    const { floor } = this
    if (!floor) return
    const meet = older.#find(floor.offset)
    if (meet < 0 || older.entries[meet]!.tag !== floor.tag) return
    this.entries = [...older.entries.slice(0, meet + 1), ...this.entries]
    this.floor = older.floor
    this.trim(size)
  }

  /** Index of an offset by bisection: offsets rise, but some backplanes leave holes. */
  #find(offset: number): number {
    let low = 0
    let high = this.entries.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.entries[middle]!.offset
      if (found === offset) return middle
      if (found < offset) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}
