import { randomId } from '../../src/lib/random-id.ts'
import type { Dice } from './dice.ts'
import type { Fleet } from './fleet.ts'
import type { Payload } from './ledger.ts'

/** Publishes through the instances that live; whoever does not hear that it was stored asks again with the same key. */
export interface Publishers {
  burst(topic: string, count: number, bytes: number): void
  /** Publishes one more message and resolves when it is stored. */
  one(topic: string): Promise<void>
  readonly published: number
  readonly open: number
}

export function createPublishers(fleet: Fleet, dice: Dice, isOver: () => boolean): Publishers {
  const run = randomId(4)
  let published = 0
  let open = 0

  async function publish(topic: string, padding: string): Promise<void> {
    const data: Payload = { name: `p${++published}`, padding }
    open++
    while (!isOver()) {
      const instance = fleet.instances.length > 0 ? dice.pick(fleet.instances) : undefined
      try {
        if (!instance) throw new Error('no instance lives')
        await instance.realtime.publish(topic, 'number', data, { key: `${run}-${data.name}` })
        break
      } catch {
        await new Promise((resolve) => setTimeout(resolve, dice.between(5, 30)))
      }
    }
    open--
  }

  return {
    get published() {
      return published
    },
    get open() {
      return open
    },
    burst(topic, count, bytes) {
      const padding = 'x'.repeat(bytes)
      for (let index = 0; index < count; index++) void publish(topic, padding)
    },
    one: (topic) => publish(topic, ''),
  }
}
