import type { Message, Reset } from './message.ts'

/**
 * What a full buffer does:
 * - `reset`: forgets all that waits and says so; what follows goes on
 * - `drop-oldest`: forgets the oldest message
 * - `conflate`: keeps only the newest message of each key, at the place of the first; where all keys differ and the
 *   buffer is full, the oldest is forgotten
 */
export type Overflow = 'reset' | 'drop-oldest' | 'conflate'

/** How much may wait for somebody who reads at his own pace. */
export interface BufferOptions<Data = unknown> {
  /** Messages that wait at most. @defaultValue 10000 */
  readonly limit?: number
  /** @defaultValue 'conflate' where `key` is given, else 'reset' */
  readonly overflow?: Overflow
  /** For `conflate`: what a message is about. @defaultValue its type */
  readonly key?: (message: Message<Data>) => string
}

/** What happened to a buffer so far, in messages. */
export interface BufferCounts {
  readonly waiting: number
  /** Forgotten, by `drop-oldest`, `conflate` or a `reset`. */
  readonly dropped: number
  /** Replaced by a newer message of the same key. */
  readonly conflated: number
  /** How often all that waited was forgotten. */
  readonly resets: number
}

/** Why messages are missing: the server's word, or this buffer was full. */
export type StreamReset = Reset | (Omit<Reset, 'why'> & { readonly why: 'overflow' })

export type Item<Data> = { readonly message: Message<Data> } | { readonly reset: StreamReset }

export interface Buffer<Data> {
  readonly counts: BufferCounts
  push(message: Message<Data>): void
  /** Continuity was lost: said in its place among the messages. */
  reset(reset: StreamReset): void
  take(): Item<Data> | undefined
  clear(): void
}

/** Throws a `TypeError` or `RangeError` for options that mean nothing. */
export function createBuffer<Data>(options: BufferOptions<Data> = {}): Buffer<Data> {
  const { limit = 10_000, key, overflow = key ? 'conflate' : 'reset' } = options
  if (!(Number.isSafeInteger(limit) && limit > 0))
    throw new RangeError(`a buffer's limit must be a whole number of messages from 1 on, got ${limit}`)
  if (!['reset', 'drop-oldest', 'conflate'].includes(overflow))
    throw new TypeError(`overflow must be reset, drop-oldest or conflate, got ${JSON.stringify(overflow)}`)
  // In the order of insertion, and each can be found: by its key where newer ones take its place, else by a number.
  let items = new Map<string | number, Item<Data>>()
  let serial = 0
  let waiting = 0
  let dropped = 0
  let conflated = 0
  let resets = 0

  function forgetAll(): void {
    for (const item of items.values()) if ('message' in item) dropped++
    items = new Map()
    waiting = 0
  }

  function dropOldest(): void {
    for (const [at, item] of items) {
      if (!('message' in item)) continue
      items.delete(at)
      waiting--
      dropped++
      return
    }
  }

  const buffer: Buffer<Data> = {
    get counts() {
      return { waiting, dropped, conflated, resets }
    },
    push(message) {
      const at = overflow === 'conflate' ? `k${key ? key(message) : message.type}` : ++serial
      if (items.has(at)) {
        conflated++
        items.set(at, { message })
        return
      }
      if (waiting >= limit) {
        if (overflow === 'reset') {
          const { topic, id } = message
          forgetAll()
          resets++
          items.set(++serial, { reset: { topic, id, why: 'overflow' } })
        } else dropOldest()
      }
      items.set(at, { message })
      waiting++
    },
    reset(reset) {
      // What was said before belongs to a history that is over.
      forgetAll()
      items.set(++serial, { reset })
    },
    take() {
      for (const [at, item] of items) {
        items.delete(at)
        if ('message' in item) waiting--
        return item
      }
      return undefined
    },
    clear() {
      items.clear()
      waiting = 0
    },
  }
  return buffer
}
