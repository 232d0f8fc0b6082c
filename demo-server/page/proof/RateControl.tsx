import { useId, useState } from 'react'
import { postJson } from '../lib/post-json.ts'

const RATES = [1, 5, 20, 50, 100, 200, 500]

/** How many messages a second the server's counter sends. */
export function RateControl({ name }: { readonly name: string }) {
  const id = useId()
  const [step, setStep] = useState(RATES.indexOf(20))
  const [error, setError] = useState<string>()
  const rate = RATES[step]!

  const choose = (next: number) => {
    setStep(next)
    postJson(`/counters/${name}`, { perSecond: RATES[next] }).then(
      () => setError(undefined),
      (cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)),
    )
  }

  return (
    <div className="rate">
      <label htmlFor={id}>Messages a second</label>
      <output htmlFor={id}>{rate}</output>
      <input
        id={id}
        type="range"
        min={0}
        max={RATES.length - 1}
        value={step}
        aria-valuetext={`${rate} a second`}
        onChange={(event) => choose(Number(event.target.value))}
      />
      {error !== undefined && <p className="complaint">The rate did not change: {error}</p>}
    </div>
  )
}
