/** A numbered message of the server's counter; `run` names one run of it, which starts at 1. */
export interface Numbered {
  readonly run: string
  readonly n: number
}

/** What arrived, judged by the numbers alone, without asking the client library. */
export interface Tally {
  readonly received: number
  readonly lost: number
  readonly doubled: number
  readonly outOfOrder: number
  /** How often the server said that it could not replay everything. */
  readonly resets: number
}

export interface TallyCounter {
  count(message: Numbered): void
  /** The server said that messages are missing: the next number is a new start. */
  reset(): void
  getSnapshot(this: void): Tally
  subscribe(this: void, listener: () => void): () => void
}

/** Lost numbers that are remembered, to know them when they come late. */
const MAX_MISSING = 10_000

/** Counts numbered messages. Listeners are told at most once a frame. */
export function createTallyCounter(nextFrame: (run: () => void) => unknown): TallyCounter {
  const listeners = new Set<() => void>()
  const missing = new Set<number>()
  let run = ''
  let highest: number | undefined
  const current = { received: 0, lost: 0, doubled: 0, outOfOrder: 0, resets: 0 }
  let snapshot: Tally = { ...current }
  let isDue = false

  const changed = () => {
    if (isDue) return
    isDue = true
    nextFrame(() => {
      isDue = false
      snapshot = { ...current }
      for (const listener of listeners) listener()
    })
  }

  const startAnew = () => {
    highest = undefined
    missing.clear()
  }

  return {
    count(message) {
      current.received++
      if (message.run !== run) startAnew()
      run = message.run
      const { n } = message
      if (highest === undefined) highest = n
      else if (n > highest) {
        current.lost += n - highest - 1
        for (let lost = highest + 1; lost < n && missing.size < MAX_MISSING; lost++) missing.add(lost)
        highest = n
      } else if (missing.delete(n)) {
        current.lost--
        current.outOfOrder++
      } else current.doubled++
      changed()
    },
    reset() {
      current.resets++
      startAnew()
      changed()
    },
    getSnapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
