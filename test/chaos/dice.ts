import { createRandom } from '../support/fault-proxy/shaper.ts'

/** What chance decides, drawn from one seed. */
export interface Dice {
  /** In [0, 1). */
  roll(this: void): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
}

export function createDice(seed: number): Dice {
  const roll = createRandom(seed)
  return {
    roll,
    chance: (probability) => roll() < probability,
    between: (least, most) => least + Math.floor(roll() * (most - least + 1)),
    pick: (items) => items[Math.floor(roll() * items.length)]!,
  }
}
