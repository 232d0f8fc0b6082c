import { type Backplane, type BackplaneEvents, createMemoryEngine, memoryBackplane } from '../../src/server.ts'
import { type FaultyBackplane, faultyBackplane, type LiveFault } from '../support/faulty-backplane.ts'
import type { Dice } from './dice.ts'
import type { Ledger } from './ledger.ts'

/** One history for several instances, which answers late, loses answers, and may begin anew. */
export interface SharedHistory {
  /** The backplane of one more instance; its live feed loses, repeats and delays messages. */
  backplane(): FaultyBackplane
  /** Everything stored is gone, as after a restart of the engine without its disk; so are the keys. */
  wipe(): void
  /** From now on no fault: neither of the live feeds nor of answers. */
  heal(): void
}

/** Most milliseconds that an answer is late. */
const LATE_MS = 4

export function createSharedHistory(ledger: Ledger, dice: Dice): SharedHistory {
  let engine = createMemoryEngine()
  let healed = false
  const moves = new Set<() => void>()
  ledger.follow(engine)

  const late = async () => {
    if (!healed) await new Promise((resolve) => setTimeout(resolve, dice.roll() * LATE_MS))
  }

  function liveFault(): LiveFault {
    const roll = dice.roll()
    if (healed || roll > 0.06) return 'pass'
    return roll < 0.02 ? 'drop' : roll < 0.04 ? 'twice' : 'hold'
  }

  function instance(): Backplane {
    let inner = memoryBackplane({ engine })
    let name = ''
    let events: BackplaneEvents
    const topics = new Set<string>()
    const move = () => {
      // All at once in one tick: no message can be stored in between.
      void inner.close()
      inner = memoryBackplane({ engine })
      void inner.start(name, events)
      void inner.subscribe([...topics])
      events.suspect('all')
    }
    return {
      ...inner,
      async start(self, given) {
        name = self
        events = given
        await inner.start(self, given)
        moves.add(move)
      },
      async publish(topic, data, options) {
        if (!healed && dice.chance(0.01)) throw new Error('the engine did not take it')
        const result = await inner.publish(topic, data, options)
        await late()
        if (!healed && dice.chance(0.02)) throw new Error('the engine took it, and its answer was lost')
        return result
      },
      async subscribe(names) {
        for (const topic of names) topics.add(topic)
        const heads = await inner.subscribe(names)
        await late()
        return heads
      },
      async unsubscribe(names) {
        for (const topic of names) topics.delete(topic)
        await inner.unsubscribe(names)
      },
      async since(topic, from, limit) {
        const since = await inner.since(topic, from, limit)
        await late()
        return since
      },
      async heads(names) {
        const heads = await inner.heads(names)
        await late()
        return heads
      },
      async close() {
        moves.delete(move)
        await inner.close()
      },
    }
  }

  return {
    backplane() {
      const faulty = faultyBackplane(instance())
      faulty.setFault(liveFault)
      return faulty
    },
    wipe() {
      engine = createMemoryEngine()
      ledger.follow(engine)
      for (const move of moves) move()
    },
    heal() {
      healed = true
    },
  }
}
