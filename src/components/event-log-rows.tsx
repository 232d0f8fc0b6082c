'use client'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { LogEntry } from '../client/event-log.ts'
import { createRowWindow, type VisibleRows } from './row-window.ts'

const NOTHING: VisibleRows = { items: [], height: 0, isAtEnd: true }
const getServerSnapshot = () => NOTHING

export interface EventLogRowsProps {
  readonly entries: readonly LogEntry[]
  readonly label: string
  readonly toEnd: string
  readonly empty: string
  readonly children: (entry: LogEntry) => ReactNode
}

// Layout effects say nothing on a server, and React 18 complains about them there.
const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect

/** The rows that can be seen, in a log that reads new ones aloud at the reader's pace. */
export function EventLogRows({ entries, label, toEnd, empty, children }: EventLogRowsProps): ReactNode {
  const [rows] = useState(createRowWindow)
  const scroller = useRef<HTMLDivElement>(null)
  const { items, height, isAtEnd } = useSyncExternalStore(rows.subscribe, rows.getSnapshot, getServerSnapshot)
  useBrowserLayoutEffect(() => rows.update(entries.map(({ id }) => id)), [rows, entries])
  useBrowserLayoutEffect(() => rows.mount(scroller.current!), [rows])
  return (
    <div className="ew-rows">
      {/* Reachable by keyboard, since it scrolls. Politely, and only what is added: a fast log must not shout. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} className="ew-scroller" role="log" aria-label={label} tabIndex={0} data-at-end={isAtEnd}>
        {entries.length === 0 && <p className="ew-empty">{empty}</p>}
        <div className="ew-runway" style={{ height }}>
          {items.map(({ index, key, start }) => {
            const entry = entries[index]
            return (
              entry && (
                <div
                  key={String(key)}
                  ref={rows.measure}
                  data-index={index}
                  data-kind={entry.kind}
                  className="ew-row"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {children(entry)}
                </div>
              )
            )
          })}
        </div>
      </div>
      {!isAtEnd && (
        <button type="button" className="ew-button ew-to-end" onClick={rows.scrollToEnd}>
          {toEnd}
        </button>
      )}
    </div>
  )
}
