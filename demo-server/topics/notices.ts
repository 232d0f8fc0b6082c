import type { PriceUpdate } from './market.ts'

/** Something a visitor may want to know. */
export interface Notice {
  readonly title: string
  readonly text: string
  readonly direction: 'up' | 'down'
}

/** By how much a price moves before it is worth a notice. */
const MOVE = 0.03

/** Watches prices and says something when one has moved 3 % since the last notice about it. */
export function createPriceWatch(): (update: PriceUpdate) => Notice | undefined {
  const noticedAt = new Map<string, number>()
  return ({ symbol, name, price, open }) => {
    const before = noticedAt.get(symbol) ?? open
    const move = price / before - 1
    if (Math.abs(move) < MOVE) return undefined
    noticedAt.set(symbol, price)
    const direction = move > 0 ? 'up' : 'down'
    const percent = `${Math.abs(move * 100).toFixed(1)} %`
    return { title: `${symbol} ${direction} ${percent}`, text: `${name} is at ${price.toFixed(2)}.`, direction }
  }
}
