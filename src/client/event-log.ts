import { createView } from '../lib/flush.ts'
import { createScope } from '../lib/scope.ts'
import type { ConnectionSnapshot } from './connection-snapshot.ts'
import type { Message, Reset, TopicStatus } from './message.ts'
import type { RealtimeClient } from './realtime-client.ts'
import type { Verdict } from './verdict.ts'

/** Something that happened. `kind` tells what else the entry has. */
export type LogEntry = {
  /** Rises by one with each entry of a log; a good React key. */
  readonly id: number
  /** When it happened here, in milliseconds since 1970. */
  readonly at: number
} & (
  | { readonly kind: 'message'; readonly topic: string; readonly message: Message }
  | { readonly kind: 'reset'; readonly topic: string; readonly reset: Reset }
  | { readonly kind: 'topic'; readonly topic: string; readonly status: TopicStatus }
  | { readonly kind: 'connection'; readonly connection: ConnectionSnapshot }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
)

/** A log at one moment; replaced, never changed. */
export interface LogSnapshot {
  /** The latest ones, oldest first. */
  readonly entries: readonly LogEntry[]
  /** How many older ones were dropped. */
  readonly dropped: number
  readonly paused: boolean
  /** While paused: how many came meanwhile. They are in `entries` when it goes on. */
  readonly waiting: number
}

/** What happens on a client's connection and its topics. It runs while somebody listens. */
export interface EventLog {
  getSnapshot(this: void): LogSnapshot
  subscribe(this: void, listener: () => void): () => void
  /** Lets `entries` stand still; what comes meanwhile is kept within the limit. */
  pause(this: void): void
  resume(this: void): void
  /** Forgets all entries. */
  clear(this: void): void
}

export const EMPTY_LOG: LogSnapshot = Object.freeze({
  entries: Object.freeze([]),
  dropped: 0,
  paused: false,
  waiting: 0,
})

type Happened<Entry = LogEntry> = Entry extends LogEntry ? Omit<Entry, 'id' | 'at'> : never

/** @param limit - how many entries are kept */
export function createEventLog(client: RealtimeClient, topics: readonly string[], limit: number): EventLog {
  let kept: LogEntry[] = []
  let count = 0
  /** The first entry since the log was cleared. */
  let first = 0
  let shown = EMPTY_LOG
  let changed = false

  function add(happened: Happened): void {
    kept.push({ id: count++, at: Date.now(), ...happened })
    // Now and then all at once: moving the whole list for each entry would cost more than what is logged.
    if (kept.length >= 2 * limit) kept = kept.slice(-limit)
    changed = true
    view.changed('soon')
  }

  function read(): LogSnapshot {
    if (!changed) return shown
    changed = false
    const { paused, entries, dropped } = shown
    const next = paused ? entries : Object.freeze(kept.slice(-limit))
    const seen = (entries.at(-1)?.id ?? first - 1) + 1
    shown = Object.freeze({
      entries: next,
      dropped: paused ? dropped : count - first - next.length,
      paused,
      waiting: paused ? count - seen : 0,
    })
    return shown
  }

  function set(next: Partial<LogSnapshot>): void {
    shown = Object.freeze({ ...shown, ...next })
    changed = true
    view.changed('now')
  }

  function start(): () => void {
    const scope = createScope()
    const { connection } = client
    let before = connection.getSnapshot()
    scope.defer(
      connection.subscribe(() => {
        const now = connection.getSnapshot()
        // A new round trip or another attempt is no news.
        const same = now.status === before.status && now.transport === before.transport
        before = now
        if (!same) add({ kind: 'connection', connection: now })
      }),
    )
    scope.defer(client.onVerdict((verdict) => add({ kind: 'verdict', verdict })))
    for (const topic of topics) {
      scope.defer(
        client.listen(topic, {
          onMessage: (message) => add({ kind: 'message', topic, message }),
          onReset: (reset) => add({ kind: 'reset', topic, reset }),
          onStatus: (status) => add({ kind: 'topic', topic, status }),
        }),
      )
    }
    return scope.stop
  }

  const view = createView(read, 'frame', () => {
    // One component reads it, at times through two subscriptions: React takes the new one before it ends the old one.
    if (users++ === 0) stop = start()
    return () => {
      if (--users === 0) stop()
    }
  })
  let users = 0
  let stop = () => {}

  return {
    getSnapshot: () => view.getSnapshot(),
    subscribe: (listener) => view.subscribe(listener),
    pause: () => set({ paused: true }),
    resume: () => set({ paused: false }),
    clear() {
      kept = []
      first = count
      set({ entries: EMPTY_LOG.entries, dropped: 0 })
    },
  }
}
