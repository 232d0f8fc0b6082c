import { useRealtime } from 'everwire'
import { memo } from 'react'
import type { PriceUpdate } from '../../topics/market.ts'
import { type Quote, type Quotes, reduceQuotes } from './quotes.ts'
import { Sparkline } from './Sparkline.tsx'
import './market.css'

const NO_QUOTES: Quotes = {}

/** Twenty symbols, each moving about once a second; rendered at most once a frame. */
export function MarketBoard({ name }: { readonly name: string }) {
  const { data: quotes } = useRealtime<Quotes, PriceUpdate>(`ticker:${name}`, {
    last: 400,
    initial: NO_QUOTES,
    reduce: reduceQuotes,
  })
  const symbols = Object.keys(quotes).toSorted()
  return (
    <section className="card market" aria-labelledby="market-title">
      <h2 id="market-title">Ticker</h2>
      {symbols.length === 0 && <p className="explain">Waiting for the first prices.</p>}
      <ul>
        {symbols.map((symbol) => (
          <QuoteTile key={symbol} quote={quotes[symbol]!} />
        ))}
      </ul>
    </section>
  )
}

const QuoteTile = memo(function QuoteTile({ quote }: { readonly quote: Quote }) {
  const change = (quote.price / quote.open - 1) * 100
  const direction = change < 0 ? 'down' : 'up'
  return (
    <li className="quote" data-direction={direction}>
      <p className="symbol">
        <abbr title={quote.name}>{quote.symbol}</abbr>
      </p>
      <p className="price">{quote.price.toFixed(2)}</p>
      <Sparkline values={quote.recent} />
      <p className="change">
        <span aria-hidden="true">{direction === 'up' ? '▲' : '▼'}</span>
        <span className="visually-hidden">{direction}</span> {Math.abs(change).toFixed(2)} %
      </p>
    </li>
  )
})
