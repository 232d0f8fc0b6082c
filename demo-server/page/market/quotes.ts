import type { Message } from 'everwire'
import type { PriceUpdate } from '../../topics/market.ts'

/** A symbol with its latest prices, oldest first. */
export interface Quote extends PriceUpdate {
  readonly recent: readonly number[]
}

export type Quotes = Readonly<Record<string, Quote>>

/** Prices that a sparkline shows. */
export const RECENT = 32

/** The board after one more price. Rows that did not change keep their identity, so only one row renders. */
export function reduceQuotes(quotes: Quotes, { type, data }: Message<PriceUpdate>): Quotes {
  if (type !== 'price-update') return quotes
  const recent = [...(quotes[data.symbol]?.recent ?? []), data.price].slice(-RECENT)
  return { ...quotes, [data.symbol]: { ...data, recent } }
}
