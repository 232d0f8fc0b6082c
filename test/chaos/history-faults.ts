import type { Reset } from '../../src/client/message.ts'
import { randomId } from '../../src/lib/random-id.ts'
import { formatPosition, parsePosition } from '../../src/protocol/position.ts'
import type { Dice } from './dice.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { SharedHistory } from './shared-history.ts'

export interface HistoryFaults {
  /** What is held back comes, the live feed's connection is renewed, or the history is away for a moment. */
  strike(this: void): void
  /** Something after which only a reset is true. */
  breakContinuity(this: void): void
  heal(): void
  readonly wipes: number
  readonly forks: number
}

interface HistoryFaultsOptions {
  readonly fleet: Fleet
  readonly history: SharedHistory
  readonly ledger: Ledger
  readonly dice: Dice
  /** Told why resets may come from now on. */
  readonly excuses: Set<Reset['why']>
  readonly topics: readonly string[]
}

export function createHistoryFaults({
  fleet,
  history,
  ledger,
  dice,
  excuses,
  topics,
}: HistoryFaultsOptions): HistoryFaults {
  let wipes = 0
  let forks = 0

  /** One instance hears a message live that the history then does not have: it was lost in a failover. */
  function fork(): void {
    const { instances } = fleet
    const topic = dice.pick(topics)
    const head = parsePosition(ledger.head(topic) ?? '')
    if (!head || instances.length === 0) return
    const pos = formatPosition({ epoch: head.epoch, offset: head.offset + 1, tag: `F${randomId(5)}` })
    const { backplane } = dice.pick(instances)
    forks++
    excuses.add('fork')
    ledger.fork(pos)
    const data = JSON.stringify({ e: 'number', ts: 0, d: { name: 'fork', padding: '' } })
    backplane.forge(`/${topic}`, { pos, data })
  }

  return {
    strike() {
      const { instances } = fleet
      if (instances.length === 0) return
      const { backplane } = dice.pick(instances)
      const roll = dice.roll()
      if (roll < 0.7) backplane.release()
      else if (roll < 0.85) backplane.reconnect()
      else {
        backplane.setAway(true)
        setTimeout(() => backplane.setAway(false), dice.between(10, 150))
      }
    },
    breakContinuity() {
      // Forks are many; a run without a wipe would prove nothing of wipes.
      if (wipes > 0 && dice.chance(0.7)) return fork()
      wipes++
      excuses.add('epoch')
      history.wipe()
    },
    heal() {
      history.heal()
      for (const { backplane } of fleet.instances) backplane.release()
    },
    get wipes() {
      return wipes
    },
    get forks() {
      return forks
    },
  }
}
