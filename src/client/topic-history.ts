import type { Message } from './message.ts'

/** Most messages that a topic keeps for listeners who come late. */
export const MOST_KEPT = 1_000

/** The newest messages of a topic, oldest first, for listeners who come late; none unless somebody wants history. */
export interface TopicHistory {
  /** Keeps at least so many messages from now on. */
  want(count: number): void
  /** A message that is newer than all before. */
  add(message: Message): void
  /** A message from before the topic's place, which the server was asked for again. */
  addOlder(message: Message): void
  /** The server is asked anew: what it said so far comes again. */
  forgetOlder(): void
  /** The server has said all. @param replayed - how many messages it has kept */
  join(replayed: number): void
  /** Continuity was lost. */
  clear(): void
  /** More is wanted than was when the server was asked: what it said meanwhile may have been too much to keep. */
  readonly hasGrown: boolean
  /** Whether the newest `count` messages are here, or all there are. */
  has(count: number): boolean
  last(count: number): readonly Message[]
}

export function createTopicHistory(): TopicHistory {
  let size = 0
  let kept: Message[] = []
  let older: Message[] = []
  /** `kept` begins at the oldest message that the server has. */
  let complete = false
  let hasGrown = false
  return {
    want(count) {
      hasGrown ||= count > size
      size = Math.max(size, count)
    },
    add(message) {
      if (size === 0) return
      kept.push(message)
      if (kept.length <= size) return
      // In slices, so that a busy topic does not move its whole history for each message.
      if (kept.length > 2 * size) kept = kept.slice(-size)
      complete = false
    },
    addOlder(message) {
      older.push(message)
    },
    forgetOlder() {
      older = []
      hasGrown = false
    },
    join(replayed) {
      // What is kept here may reach further back than what the server still has.
      const known = new Set(kept.map(({ id }) => id))
      kept = [...older.filter(({ id }) => !known.has(id)), ...kept].slice(-size)
      older = []
      complete = replayed <= kept.length
    },
    clear() {
      kept = []
      older = []
      complete = false
    },
    get hasGrown() {
      return hasGrown
    },
    has: (count) => complete || kept.length >= count,
    last: (count) => kept.slice(-count),
  }
}
