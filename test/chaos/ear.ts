import type { Message, Reset } from '../../src/client/message.ts'
import type { Ledger, Payload } from './ledger.ts'
import type { Accuse } from './violation.ts'

/** What may have broken the continuity of a topic so far. */
export type Excuses = ReadonlySet<Reset['why']>

export interface EarOptions {
  /** Names it in accusations. */
  readonly name: string
  readonly topic: string
  readonly ledger: Ledger
  readonly excuses: Excuses
  readonly accuse: Accuse
  /** It must hear everything from the first message on; otherwise its first message says where it begins. */
  readonly fromStart: boolean
  /** After a reset it is told the history that is kept, so it starts from nothing. */
  readonly replays: boolean
}

/** One listener, as a judge of what it hears: each message is compared with the ledger at once. */
export interface Ear {
  readonly topic: string
  readonly heard: number
  readonly resets: number
  /** Messages that lie before announced resets and were not heard. */
  readonly announced: number
  message(this: void, message: Message): void
  reset(this: void, reset: Reset): void
  /** It heard the newest message that is stored, or was told that it is among those it missed. */
  readonly isCaughtUp: boolean
  /** Accuses of what is still missing. */
  finish(): void
}

export function createEar({ name, topic, ledger, excuses, accuse, fromStart, replays }: EarOptions): Ear {
  /** Rank of the last message; `undefined` where the next one may be any. */
  let last: number | undefined = fromStart ? -1 : undefined
  /** The highest rank ever heard. */
  let highest = -1
  let first = 0
  let skipped = new Set<number>()
  /** A message was heard that the history lost: only a reset can follow. */
  let fork: string | undefined
  let heard = 0
  let resets = 0
  let announced = 0
  const say = (rank: number, id: string) => `${name} heard ${ledger.nameAt(topic, rank)} (${id}, rank ${rank})`

  function judge(rank: number, id: string): void {
    if (last === undefined) {
      if (!replays && rank <= highest)
        return accuse('doubled', `${say(rank, id)} after a reset, rank ${highest} came before`)
      if (resets > 0 && rank > highest + 1) announced += rank - highest - 1
      first = rank
      last = rank
    } else if (rank > last) {
      for (let missed = last + 1; missed < rank; missed++) skipped.add(missed)
      if (rank > last + 1) accuse('lost', `${say(rank, id)} after rank ${last}, without a reset`)
      last = rank
    } else if (skipped.delete(rank)) accuse('reordered', `${say(rank, id)} after rank ${last}`)
    else if (rank >= first) accuse('doubled', `${say(rank, id)} again, after rank ${last}`)
    else accuse('reordered', `${say(rank, id)}, although it began at rank ${first}`)
    highest = Math.max(highest, rank)
  }

  return {
    topic,
    get heard() {
      return heard
    },
    get resets() {
      return resets
    },
    get announced() {
      return announced
    },
    message({ id, data }) {
      heard++
      if (fork !== undefined) accuse('lost', `${name} heard ${id} after ${fork}, which another message replaced`)
      if (ledger.isFork(id)) {
        fork = id
        return
      }
      const rank = ledger.rankOf(topic, id)
      if (rank === undefined || ledger.nameAt(topic, rank) !== (data as Payload).name)
        return accuse('invented', `${name} heard ${(data as Payload).name} at ${id}, which is not stored there`)
      judge(rank, id)
    },
    reset({ why, id }) {
      resets++
      fork = undefined
      skipped = new Set()
      // What is stored up to here is not to come; from the next message on everything is.
      const rank = ledger.rankOf(topic, id)
      if (rank === undefined || replays) last = undefined
      else {
        announced += Math.max(0, rank - highest)
        highest = Math.max(highest, rank)
        last = highest
      }
      if (!excuses.has(why)) accuse('unexplained', `${name} was told reset: ${why} at ${id}, after rank ${highest}`)
    },
    get isCaughtUp() {
      return highest === ledger.length(topic) - 1
    },
    finish() {
      const missing = ledger.length(topic) - 1 - highest
      if (missing > 0) accuse('lost', `${name} never heard the last ${missing} messages, after rank ${highest}`)
    },
  }
}
