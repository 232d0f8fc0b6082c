import { createMarket, type PriceUpdate } from './market.ts'
import { createPriceWatch, type Notice } from './notices.ts'
import { shareSource, type Source } from './source.ts'

/** Each of the 20 symbols moves about once a second. */
const TICK_MS = 50

export interface MarketEvents {
  price(topic: string, update: PriceUpdate): void
  notice(topic: string, notice: Notice): void
}

/**
 * Markets by name: `ticker:<name>` hears each new price, `notifications:<name>` what is worth a notice in the same
 * market. The name is also the seed.
 */
export function createMarkets(events: MarketEvents): Source {
  return shareSource((name) => {
    const market = createMarket(name)
    const watch = createPriceWatch()
    const timer = setInterval(() => {
      const update = market.next()
      events.price(`ticker:${name}`, update)
      const notice = watch(update)
      if (notice) events.notice(`notifications:${name}`, notice)
    }, TICK_MS).unref()
    return () => clearInterval(timer)
  })
}
