import type { Backplane, BackplaneEvents, Stored } from '../../src/server.ts'

/** What happens to one message of the live feed; the history is not touched. */
export type LiveFault = 'pass' | 'drop' | 'twice' | 'hold'

export interface FaultyBackplane extends Backplane {
  /** Decides what happens to the messages that follow. */
  setFault(fault: (count: number) => LiveFault): void
  /** Delivers what was held, in order, after everything that overtook it. */
  release(): void
  /** Delivers another message in the place of one that exists or will. */
  forge(topic: string, message: Stored): void
  /** The subscriber's connection came back. */
  reconnect(): void
  /** Makes reads of the history fail. */
  setAway(away: boolean): void
  /** Reads of the history so far. */
  readonly reads: number
}

/** A backplane whose live feed drops, repeats, delays and forks messages. */
export function faultyBackplane(backplane: Backplane): FaultyBackplane {
  let events: BackplaneEvents
  let fault: (count: number) => LiveFault = () => 'pass'
  let count = 0
  let isAway = false
  let reads = 0
  let held: (() => void)[] = []
  return {
    ...backplane,
    traits: { ...backplane.traits, shared: true },
    start(self, given) {
      events = given
      return backplane.start(self, {
        ...given,
        message(topic, message, prev) {
          const deliver = () => events.message(topic, message, prev)
          const what = fault(count++)
          if (what === 'hold') held.push(deliver)
          if (what === 'pass' || what === 'twice') deliver()
          if (what === 'twice') deliver()
        },
      })
    },
    async since(topic, from, limit) {
      reads++
      if (isAway) throw new Error('the engine is away')
      return backplane.since(topic, from, limit)
    },
    setFault(next) {
      fault = next
      count = 0
    },
    release() {
      for (const deliver of held) deliver()
      held = []
    },
    forge: (topic, message) => events.message(topic, message, null),
    reconnect: () => events.suspect('all'),
    setAway: (away) => (isAway = away),
    get reads() {
      return reads
    },
  }
}
