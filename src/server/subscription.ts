import type { From } from '../protocol/position.ts'
import type { Connection } from './connection.ts'
import { encode, type Entry } from './encoded.ts'
import type { Feed } from './feed.ts'
import type { Join, Joiner } from './joiner.ts'

/**
 * One topic of one connection.
 * - `waiting`: not asked for yet, or the connection was behind; it joins when the connection has room
 * - `joining`: asked its feed
 * - `live`: has everything up to `from`, and hears what follows
 */
export class Subscription implements Joiner {
  state: 'waiting' | 'joining' | 'live' = 'waiting'
  readonly topic: string
  readonly feed: Feed
  readonly #connection: Connection
  /** Where it starts, or stands. */
  from: From
  /** It was caught up before: what it misses comes in parts, however much it is. */
  #inParts = false
  #parted = 0

  constructor(connection: Connection, topic: string, feed: Feed, from: From) {
    this.#connection = connection
    this.topic = topic
    this.feed = feed
    this.from = from
  }

  get isLive(): boolean {
    return this.state === 'live'
  }

  /** Starts anew from a place. */
  restart(from: From): void {
    this.feed.leave(this)
    this.from = from
    this.#inParts = false
    this.#parted = 0
    this.state = 'waiting'
  }

  join(): void {
    this.state = 'joining'
    this.feed.join(this, this.from, this.#inParts)
  }

  /** Stops hearing; what it misses from here on it gets when it joins again. */
  pause(): void {
    if (this.state !== 'live') return
    this.feed.leave(this)
    this.#inParts = true
    this.state = 'waiting'
  }

  leave(): void {
    this.feed.leave(this)
  }

  joined({ restart, missed, head }: Join): boolean {
    const connection = this.#connection
    if (connection.ended) return false
    if (connection.isFull) {
      this.state = 'waiting'
      return false
    }
    this.state = 'live'
    this.from = head
    const c = this.topic
    if (restart) connection.send(encode({ t: 'reset', c, i: restart.at, why: restart.why }))
    if (restart?.snap) connection.send(restart.snap)
    for (const entry of missed) connection.send(entry)
    connection.send(encode({ t: 'sub', c, i: head, n: missed.length + this.#parted }))
    this.#parted = 0
    // Sending it all may have been more than the connection takes: then it is paused already, at the head.
    return this.isLive
  }

  part(missed: readonly Entry[]): void {
    this.state = 'waiting'
    if (this.#connection.isFull) return
    this.from = missed.at(-1)?.pos ?? this.from
    this.#parted += missed.length
    for (const entry of missed) this.#connection.send(entry)
  }

  message(entry: Entry): void {
    this.from = entry.pos
    this.#connection.send(entry)
  }
}
