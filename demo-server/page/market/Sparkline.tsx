import { RECENT } from './quotes.ts'

/** A line through the latest values; new ones come in at the right. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const right = RECENT - values.length
  const points = values.map((value, index) => `${right + index},${(1 - (value - low) / span) * 20 + 2}`).join(' ')
  return (
    <svg className="sparkline" viewBox={`0 0 ${RECENT - 1} 24`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points} />
    </svg>
  )
}
