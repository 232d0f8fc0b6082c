import type { RealtimeClient } from '../../client/realtime-client.ts'
import type { Transport, TransportName } from '../../client/transport.ts'
import { createClient } from '../../create-client.ts'
import { longPoll } from '../../transports/long-poll.ts'
import { eventStream } from '../../transports/sse.ts'
import { webSocket } from '../../transports/websocket.ts'
import { createTap, type Tap } from './tap.ts'

/** One transport alone, with a client of its own. */
export interface Lane {
  readonly transport: TransportName
  readonly client: RealtimeClient
  readonly tap: Tap
}

const MAKERS: Readonly<Record<TransportName, (tap: Tap) => Transport>> = {
  websocket: (tap) => webSocket(tap),
  sse: (tap) => eventStream(tap),
  longpoll: (tap) => longPoll(tap),
}

export function openLane(transport: TransportName, url: string): Lane {
  const tap = createTap()
  const client = createClient({ url, transports: [MAKERS[transport](tap)], fetch: tap.fetch, storage: false })
  return { transport, client, tap }
}

/**
 * Resolves when a fact of the connection is there.
 * @throws Error that completes "waited for …"; what aborts the signal
 */
function waitFor(
  what: string,
  subscribe: (listener: () => void) => () => void,
  fact: () => boolean,
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      off()
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      settle()
    }
    const look = () => fact() && end(resolve)
    const abort = () => end(() => reject(signal.reason instanceof Error ? signal.reason : new Error('stopped')))
    const timer = setTimeout(
      () => end(() => reject(new Error(`waited for ${what}, ${withinMs / 1000} s were not enough`))),
      withinMs,
    )
    const off = subscribe(look)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    else look()
  })
}

const WITHIN_MS = 10_000

export const untilOpen = ({ client: { connection } }: Pick<Lane, 'client'>, signal: AbortSignal): Promise<void> =>
  waitFor(
    'an open connection',
    connection.subscribe,
    () => connection.getSnapshot().status === 'open',
    WITHIN_MS,
    signal,
  )

/** Waits for what changes without telling, such as a count of messages. */
export const untilCounted = (what: string, fact: () => boolean, signal: AbortSignal): Promise<void> =>
  waitFor(
    what,
    (listener) => {
      const timer = setInterval(listener, 5)
      return () => clearInterval(timer)
    },
    fact,
    WITHIN_MS,
    signal,
  )
