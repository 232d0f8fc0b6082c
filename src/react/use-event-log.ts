'use client'
import { createEventLog, EMPTY_LOG, type EventLog, type LogEntry, type LogSnapshot } from '../client/event-log.ts'
import { useRealtimeClient } from './client-context.ts'
import { useKeyed } from './use-keyed.ts'
import { useProjected } from './use-projected.ts'

export interface EventLogOptions {
  /** Topics whose messages are logged, beside what happens to the connection. @defaultValue none */
  readonly topics?: string | readonly string[]
  /** How many entries are kept. @defaultValue 200 */
  readonly limit?: number
  /** Which of the kept entries are shown; may be inline, and may change at any time. @defaultValue all */
  readonly filter?: (entry: LogEntry) => boolean
}

/** What `useEventLog` returns; the functions never change. */
export type EventLogResult = LogSnapshot & Pick<EventLog, 'pause' | 'resume' | 'clear'>

/**
 * A bounded log of what happens: messages of topics, resets, status changes, changes of transport and verdicts.
 * Renders at most once a frame, however much there is. It lives and collects as long as the component does.
 * ```tsx
 * const { entries, paused, waiting, pause, resume, clear } = useEventLog({ topics: 'chat:lobby', limit: 500 })
 * ```
 */
export function useEventLog({ topics = [], limit = 200, filter }: EventLogOptions = {}): EventLogResult {
  const client = useRealtimeClient()
  const names = typeof topics === 'string' ? [topics] : topics
  // No topic has a space in its name.
  const log = useKeyed([client, names.join(' '), limit], () => createEventLog(client, names, limit))
  const { subscribe, getSnapshot, pause, resume, clear } = log
  return useProjected(
    { subscribe, getSnapshot, getServerSnapshot },
    (snapshot): EventLogResult =>
      Object.freeze({
        ...snapshot,
        entries: filter ? Object.freeze(snapshot.entries.filter(filter)) : snapshot.entries,
        pause,
        resume,
        clear,
      }),
    isSame,
  )
}

const getServerSnapshot = () => EMPTY_LOG

function isSame(a: EventLogResult, b: EventLogResult): boolean {
  return (
    a.dropped === b.dropped &&
    a.paused === b.paused &&
    a.waiting === b.waiting &&
    a.clear === b.clear &&
    a.entries.length === b.entries.length &&
    a.entries.every((entry, index) => entry === b.entries[index])
  )
}
