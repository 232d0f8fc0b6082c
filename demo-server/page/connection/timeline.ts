import type { ConnectionSnapshot, TransportName } from 'everwire'

/** A stretch of time in which one transport carried the traffic, or none did. Milliseconds since 1970. */
export interface Span {
  readonly transport: TransportName | null
  readonly from: number
}

/** How much of the past is kept and shown. */
export const TIMELINE_MS = 180_000

/** Adds what carries the traffic since `at`; spans that ended before the timeline begins are forgotten. */
export function addSpan(spans: readonly Span[], transport: TransportName | null, at: number): readonly Span[] {
  if (spans.at(-1)?.transport === transport) return spans
  const kept = spans.filter((_, index) => (spans[index + 1]?.from ?? at) > at - TIMELINE_MS)
  return [...kept, { transport, from: at }]
}

/** Watches a connection and remembers which transport carried it when. */
export function createTimeline(connection: {
  getSnapshot(this: void): ConnectionSnapshot
  subscribe(this: void, listener: () => void): () => void
}) {
  let spans: readonly Span[] = []
  const listeners = new Set<() => void>()
  const look = () => {
    const next = addSpan(spans, connection.getSnapshot().transport, Date.now())
    if (next === spans) return
    spans = next
    for (const listener of listeners) listener()
  }
  look()
  connection.subscribe(look)
  return {
    getSnapshot: () => spans,
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
