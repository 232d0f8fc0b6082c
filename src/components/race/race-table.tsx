'use client'
import type { ReactNode } from 'react'
import { CopyButton } from '../copy-button.tsx'
import { markdownTable, type RaceResult } from './figures.ts'
import type { TransportRaceLabels } from './race-labels.ts'

/** The figures at the end of a race. */
export function RaceTable({
  results,
  texts,
}: {
  readonly results: readonly RaceResult[]
  readonly texts: TransportRaceLabels
}): ReactNode {
  const { columns, ms, number, notMeasured } = texts
  const show = (format: (value: number) => string, value: number | null) =>
    value === null ? notMeasured : format(value)
  const head = [
    columns.transport,
    columns.setup,
    columns.p50,
    columns.p99,
    columns.perSecond,
    columns.overhead,
    columns.reconnect,
    columns.lost,
  ]
  const rows = results.map((one) => [
    texts.transports[one.transport],
    show(ms, one.setupMs),
    show(ms, one.p50Ms),
    show(ms, one.p99Ms),
    show(number, one.perSecond),
    show(number, one.overheadBytes),
    show(ms, one.reconnectMs),
    number(one.lost + one.disordered),
  ])
  return (
    <>
      {/* Reachable by keyboard, since it scrolls where it is narrow. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="ew-table-area" tabIndex={0} role="group" aria-label={texts.results}>
        <table className="ew-table">
          <thead>
            <tr>
              {head.map((text) => (
                <th key={text} scope="col">
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, column) => (
                  <td key={head[column + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {results.map(
        ({ transport, failure }) =>
          failure !== null && (
            <p key={transport} className="ew-failure">
              {texts.transports[transport]}: {failure}
            </p>
          ),
      )}
      <p className="ew-aside">{texts.method}</p>
      <div className="ew-toolbar">
        <CopyButton labels={texts} text={() => markdownTable(head, rows)} />
      </div>
    </>
  )
}
