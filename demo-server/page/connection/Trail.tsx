import { explainVerdict, useConnection } from 'everwire'
import { formatTime } from '../lib/format.ts'
import { scrollable } from '../lib/scrollable.ts'
import { labelOf, REASONS } from './rungs.ts'
import './trail.css'

/** What the ladder found out about the network, newest first, with what to do about it. */
export function Trail() {
  const { trail } = useConnection()
  return (
    <section className="card trail" aria-labelledby="trail-title">
      <h2 id="trail-title">What it found out</h2>
      {trail.length === 0 ? (
        <p className="explain">No verdicts: every transport that was tried worked.</p>
      ) : (
        <ol {...scrollable} aria-labelledby="trail-title">
          {trail.toReversed().map((verdict) => (
            <li key={`${verdict.at} ${verdict.transport}`}>
              <p className="verdict">
                <span>
                  <strong>{labelOf(verdict.transport)}</strong>{' '}
                  <span className="reason">{REASONS[verdict.reason]}</span>
                </span>
                <time dateTime={new Date(verdict.at).toISOString()}>{formatTime(verdict.at)}</time>
              </p>
              <p className="detail">{verdict.detail}</p>
              <p className="advice">{explainVerdict(verdict)}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
