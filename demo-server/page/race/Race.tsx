import { TransportRace } from 'everwire/components'
import './race.css'

/** The transports measured from the visitor's own browser, past the switches that break this page's own connection. */
export function Race() {
  return (
    <section className="card race" aria-labelledby="race-title">
      <h2 id="race-title">Measure it yourself</h2>
      <p className="explain">
        All three transports side by side, from this browser to the server, whatever the switches above say.
      </p>
      <TransportRace aria-labelledby="race-title" aria-label={undefined} />
    </section>
  )
}
