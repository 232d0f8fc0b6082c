import type { TrafficKind } from './settings.ts'

/** One request or handshake that reached the proxy. */
export interface Attempt {
  readonly kind: TrafficKind
  /** `METHOD /path` with the query. */
  readonly request: string
  /** When it came, by `performance.now()`. */
  readonly atMs: number
}

export type Counts = Readonly<Record<TrafficKind, number>>

/** What passes through the proxy, counted. */
export interface Traffic {
  /** TCP connections accepted so far. */
  connections: number
  /** TCP connections open now. */
  openConnections: number
  readonly attempts: readonly Attempt[]
  /** Requests so far, by kind. */
  readonly requests: Counts
  /** Requests that are not over: WebSockets and streams that are open, polls that are held. */
  readonly open: Counts
  /** Notes a request. Returns an idempotent end. */
  begin(kind: TrafficKind, request: string): () => void
}

const zero = (): Record<TrafficKind, number> => ({ websocket: 0, sse: 0, poll: 0, send: 0, other: 0 })

export function createTraffic(): Traffic {
  const attempts: Attempt[] = []
  const requests = zero()
  const open = zero()
  return {
    connections: 0,
    openConnections: 0,
    attempts,
    requests,
    open,
    begin(kind, request) {
      attempts.push({ kind, request, atMs: performance.now() })
      requests[kind]++
      open[kind]++
      let ended = false
      return () => {
        if (!ended) open[kind]--
        ended = true
      }
    },
  }
}
