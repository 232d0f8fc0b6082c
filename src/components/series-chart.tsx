'use client'
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Bucket, Series } from './chart-series.ts'
import { runChart } from './run-chart.ts'

/** Every text of a chart. */
export interface LiveChartLabels {
  /** Opens the table. */
  readonly table: string
  readonly time: string
  readonly lowest: string
  readonly highest: string
  readonly last: string
  readonly count: string
  readonly secondsAgo: (seconds: number) => string
  readonly empty: string
}

export const CHART_LABELS: LiveChartLabels = {
  table: 'Show as a table',
  time: 'Time',
  lowest: 'Lowest',
  highest: 'Highest',
  last: 'Last',
  count: 'Messages',
  secondsAgo: (seconds) => `${seconds} s ago`,
  empty: 'Nothing in this time.',
}

const TABLE_ROWS = 12
const TABLE_EVERY_MS = 2000

interface Table {
  readonly at: number
  /** Newest first. */
  readonly rows: readonly Bucket[]
}

function tableOf(series: Series, windowMs: number, isStill: boolean): Table {
  const at = isStill ? (series.last?.at ?? 0) : performance.now()
  return { at, rows: series.buckets(at - windowMs, at, TABLE_ROWS).reverse() }
}

export interface SeriesChartProps {
  readonly series: Series
  readonly windowMs: number
  /** The line ends at its last point, and does not move on. @defaultValue false */
  readonly isStill?: boolean
  readonly label: string
  /** Called with the newest props. */
  readonly format: (value: number) => string
  readonly texts: LiveChartLabels
  /** In the place of the canvas, where there is none. */
  readonly fallback?: ReactNode
}

const never = () => () => {}

/** False on a server and while its HTML is hydrated. */
const useHasCanvas = () =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  )

/** A canvas that follows a series by itself, and a table of it for those who ask. */
export function SeriesChart({
  series,
  windowMs,
  isStill = false,
  label,
  format,
  texts,
  fallback,
}: SeriesChartProps): ReactNode {
  const hasCanvas = useHasCanvas()
  const canvas = useRef<HTMLCanvasElement>(null)
  const latest = useRef(format)
  const [table, setTable] = useState<Table>()
  const isOpen = table !== undefined
  useEffect(() => {
    latest.current = format
  })
  useEffect(() => {
    if (!hasCanvas) return
    return runChart(canvas.current!, series, { windowMs, isStill, format: (value) => latest.current(value) })
  }, [hasCanvas, series, windowMs, isStill])
  useEffect(() => {
    if (!isOpen) return
    const timer = setInterval(() => setTable(tableOf(series, windowMs, isStill)), TABLE_EVERY_MS)
    return () => clearInterval(timer)
  }, [isOpen, series, windowMs, isStill])
  return (
    <>
      {hasCanvas ? (
        <canvas ref={canvas} className="ew-canvas" role="img" aria-label={label} />
      ) : (
        <div className="ew-canvas" role="img" aria-label={label}>
          {fallback}
        </div>
      )}
      <details
        onToggle={(event) =>
          event.currentTarget.open ? setTable(tableOf(series, windowMs, isStill)) : setTable(undefined)
        }
      >
        <summary>{texts.table}</summary>
        {table && (
          <div className="ew-table-area">
            {table.rows.length === 0 ? (
              <p className="ew-empty">{texts.empty}</p>
            ) : (
              <table className="ew-table">
                <caption className="ew-hidden">{label}</caption>
                <thead>
                  <tr>
                    {[texts.time, texts.lowest, texts.highest, texts.last, texts.count].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {table.rows.map(({ from, min, max, last, count }) => (
                    <tr key={from}>
                      <th scope="row">{texts.secondsAgo(Math.max(0, Math.round((table.at - from) / 1000)))}</th>
                      <td>{format(min)}</td>
                      <td>{format(max)}</td>
                      <td>{format(last)}</td>
                      <td>{count}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        )}
      </details>
    </>
  )
}
