import { type RealtimeClient, useRealtimeClient } from 'everwire'
import { useSyncExternalStore } from 'react'
import { formatTime } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import { labelOf, RUNGS } from './rungs.ts'
import { createTimeline, type Span, TIMELINE_MS } from './timeline.ts'
import './timeline-strip.css'

const timelines = new WeakMap<RealtimeClient, ReturnType<typeof createTimeline>>()

/** A client's past is kept while its card is not shown. */
function timelineOf(client: RealtimeClient) {
  const known = timelines.get(client) ?? createTimeline(client.connection)
  timelines.set(client, known)
  return known
}

/** Which transport carried the traffic over the last minutes: one lane each. */
export function TimelineStrip() {
  const timeline = timelineOf(useRealtimeClient())
  const spans = useSyncExternalStore(timeline.subscribe, timeline.getSnapshot)
  // A change of transport is news at once, not with the next second.
  const now = Math.max(useNow(), spans.at(-1)?.from ?? 0)
  const begin = now - TIMELINE_MS
  const percent = (at: number) => (Math.max(0, at - begin) / TIMELINE_MS) * 100
  const last = spans.at(-1)

  return (
    <figure className="timeline">
      <figcaption>What carried the traffic</figcaption>
      <div className="lanes" role="img" aria-label={last ? describe(last) : 'Nothing yet'}>
        {RUNGS.map(({ transport, label }) => (
          <div className="lane" key={transport}>
            <span className="lane-label">{label}</span>
            <svg className="lane-track" viewBox="0 0 100 1" preserveAspectRatio="none">
              {spans.map((span, index) => {
                const end = spans[index + 1]?.from ?? now
                if (span.transport !== transport || end < begin) return null
                return (
                  <rect
                    key={span.from}
                    x={percent(span.from)}
                    width={Math.max(0.25, percent(end) - percent(span.from))}
                    height="1"
                  />
                )
              })}
            </svg>
          </div>
        ))}
      </div>
      <p className="lane-scale" aria-hidden="true">
        <span>{TIMELINE_MS / 60_000} min ago</span>
        <span>now</span>
      </p>
    </figure>
  )
}

const describe = ({ transport, from }: Span) =>
  `${transport ? labelOf(transport) : 'No connection'} since ${formatTime(from)}`
