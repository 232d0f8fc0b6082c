'use client'
import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type ForwardRefExoticComponent,
  type ReactNode,
  type RefAttributes,
  useState,
} from 'react'
import type { LogEntry } from '../client/event-log.ts'
import { type EventLogOptions, useEventLog } from '../react/use-event-log.ts'
import { classNames } from './class-name.ts'
import { CopyButton, type CopyLabels } from './copy-button.tsx'
import { EventLogRows } from './event-log-rows.tsx'
import { describeLogEntry, logAsJson, type LogLine } from './event-log-text.ts'

/** Every text of a log, but for the entries themselves: those are the application's to `describe`. */
export interface EventLogLabels extends CopyLabels {
  /** Names the log. */
  readonly log: string
  readonly filter: string
  readonly pause: string
  readonly resume: string
  readonly clear: string
  readonly toEnd: string
  readonly empty: string
  readonly noMatch: string
  readonly count: (shown: number, dropped: number, waiting: number) => string
  readonly time: (at: number) => string
}

const LABELS: EventLogLabels = {
  log: 'Events',
  filter: 'Filter',
  pause: 'Pause',
  resume: 'Go on',
  clear: 'Clear',
  copy: 'Copy as JSON',
  copied: 'Copied',
  notCopied: 'Could not be copied',
  toEnd: 'To the newest',
  empty: 'Nothing happened yet.',
  noMatch: 'Nothing matches the filter.',
  count: (shown, dropped, waiting) =>
    [
      `${shown} ${shown === 1 ? 'entry' : 'entries'}`,
      dropped > 0 && `${dropped} older ${dropped === 1 ? 'one' : 'ones'} dropped`,
      waiting > 0 && `${waiting} more meanwhile`,
    ]
      .filter(Boolean)
      .join(', '),
  time: (at) => new Date(at).toLocaleTimeString(undefined, { hour12: false }),
}

export interface EventLogProps extends Omit<ComponentPropsWithoutRef<'section'>, 'children'>, EventLogOptions {
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<EventLogLabels>
  /** What stands in an entry's line, and what the filter field looks in. */
  readonly describe?: (entry: LogEntry) => LogLine
  /** Renders an entry, instead of its line. */
  readonly children?: (entry: LogEntry) => ReactNode
}

/**
 * What happens on the connection and in `topics`, as a list of which only what can be seen is rendered. It follows the
 * newest entry while it stands at the end; people may pause it, filter it and copy what is shown as JSON.
 * ```tsx
 * <EventLog topics={['chat:lobby']} limit={500} />
 * ```
 */
export const EventLog: ForwardRefExoticComponent<EventLogProps & RefAttributes<HTMLElement>> = forwardRef<
  HTMLElement,
  EventLogProps
>(function EventLog({ topics, limit, filter, labels, describe = describeLogEntry, children, className, ...rest }, ref) {
  const [wanted, setWanted] = useState('')
  const log = useEventLog({
    ...(topics !== undefined && { topics }),
    ...(limit !== undefined && { limit }),
    ...(filter && { filter }),
  })
  const texts = { ...LABELS, ...labels }
  const needle = wanted.trim().toLowerCase()
  const entries = needle
    ? log.entries.filter((entry) =>
        Object.values(describe(entry)).some((text) => String(text).toLowerCase().includes(needle)),
      )
    : log.entries
  return (
    <section aria-label={texts.log} {...rest} ref={ref} className={classNames('ew-log', className)}>
      <div className="ew-toolbar">
        <label className="ew-field">
          <span>{texts.filter}</span>
          <input type="search" value={wanted} onChange={(event) => setWanted(event.target.value)} />
        </label>
        <button
          type="button"
          className="ew-button"
          aria-pressed={log.paused}
          onClick={log.paused ? log.resume : log.pause}
        >
          {log.paused ? texts.resume : texts.pause}
        </button>
        <button type="button" className="ew-button" onClick={log.clear}>
          {texts.clear}
        </button>
        <CopyButton labels={texts} text={() => logAsJson(entries)} />
      </div>
      <EventLogRows
        entries={entries}
        label={texts.log}
        toEnd={texts.toEnd}
        empty={log.entries.length > 0 ? texts.noMatch : texts.empty}
      >
        {(entry) => {
          if (children) return children(entry)
          const { what, where, text } = describe(entry)
          return (
            <>
              <time dateTime={new Date(entry.at).toISOString()}>{texts.time(entry.at)}</time>
              <span className="ew-what">{what}</span>
              <span className="ew-where" dir="auto">
                {where}
              </span>
              <span className="ew-text" dir="auto">
                {text}
              </span>
            </>
          )
        }}
      </EventLogRows>
      <p className="ew-aside">{texts.count(entries.length, log.dropped, log.waiting)}</p>
    </section>
  )
})
