import { useRealtimeClient } from 'everwire'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { formatCount } from '../lib/format.ts'
import { RateControl } from './RateControl.tsx'
import { createTallyCounter, type Numbered } from './tally.ts'
import './proof.css'

/** Counts the server's numbered messages: what is lost, doubled or out of order shows in the numbers. */
export function Proof({ name }: { readonly name: string }) {
  const client = useRealtimeClient()
  const [counter] = useState(() => createTallyCounter((run) => requestAnimationFrame(run)))
  const tally = useSyncExternalStore(counter.subscribe, counter.getSnapshot)

  // Counts every message where it arrives; a state of messages would be coalesced before anybody counted it.
  useEffect(
    () =>
      client.listen(`counter:${name}`, {
        onMessage: (message) => counter.count(message.data as Numbered),
        onReset: () => counter.reset(),
      }),
    [client, counter, name],
  )

  return (
    <section className="card proof" aria-labelledby="proof-title">
      <h2 id="proof-title">Nothing gets lost</h2>
      <p className="explain">The server numbers its messages, this page checks the numbers.</p>
      <dl className="figures">
        <Figure label="received" count={tally.received} />
        <Figure label="lost" count={tally.lost} flaw />
        <Figure label="doubled" count={tally.doubled} flaw />
        <Figure label="out of order" count={tally.outOfOrder} flaw />
      </dl>
      {tally.resets > 0 && (
        <p className="complaint" data-testid="resets">
          {tally.resets === 1 ? 'Once' : `${tally.resets} times`} the page was away for longer than the server
          remembers, and was told so.
        </p>
      )}
      <RateControl name={name} />
    </section>
  )
}

function Figure({
  label,
  count,
  flaw = false,
}: {
  readonly label: string
  readonly count: number
  readonly flaw?: boolean
}) {
  const tone = !flaw ? 'plain' : count === 0 ? 'good' : 'bad'
  return (
    <div className="figure" data-tone={tone}>
      <dt>{label}</dt>
      <dd data-testid={label.replaceAll(' ', '-')}>{formatCount(count)}</dd>
    </div>
  )
}
