import { randomUUID } from 'node:crypto'
import type { Source } from './source.ts'

/** One numbered message; `run` names one run of the counter, which starts at 1. */
export interface Numbered {
  readonly run: string
  readonly n: number
}

const RATE = { min: 1, max: 500, default: 20 } as const

/** Rates that visitors chose are remembered for so many counters. */
const MAX_RATES = 10_000

/** Counters that number their messages, so that whoever listens can tell what is lost, doubled or out of order. */
export interface Counters {
  readonly source: Source
  /**
   * How many messages a second a counter sends from now on.
   * @throws TypeError that says what is allowed
   */
  setRate(name: string, perSecond: unknown): number
}

export function createCounters(publish: (topic: string, event: 'count', data: Numbered) => void): Counters {
  const rates = new Map<string, number>()
  const changed = new Map<string, () => void>()

  const source: Source = (name) => {
    const run = randomUUID()
    let n = 0
    let timer: ReturnType<typeof setInterval> | undefined
    const start = () => {
      clearInterval(timer)
      const perSecond = rates.get(name) ?? RATE.default
      const since = performance.now()
      let sent = 0
      const tick = () => {
        const due = Math.floor(((performance.now() - since) * perSecond) / 1000) - sent
        sent += due
        // After a sleep of the machine a counter does not make up for the night.
        for (let left = Math.min(due, perSecond); left > 0; left--) publish(`counter:${name}`, 'count', { run, n: ++n })
      }
      timer = setInterval(tick, Math.max(10, 1000 / perSecond)).unref()
    }
    start()
    changed.set(name, start)
    return () => {
      clearInterval(timer)
      changed.delete(name)
    }
  }

  return {
    source,
    setRate(name, perSecond) {
      if (typeof perSecond !== 'number' || !(perSecond >= RATE.min && perSecond <= RATE.max)) {
        throw new TypeError(
          `"perSecond" must be a number from ${RATE.min} to ${RATE.max}, got ${JSON.stringify(perSecond)}`,
        )
      }
      rates.delete(name)
      rates.set(name, perSecond)
      if (rates.size > MAX_RATES) rates.delete(rates.keys().next().value!)
      changed.get(name)?.()
      return perSecond
    },
  }
}
