'use client'
import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type ForwardRefExoticComponent,
  type RefAttributes,
  useEffect,
  useRef,
  useState,
} from 'react'
import type { TransportName } from '../client/transport.ts'
import { randomId } from '../lib/random-id.ts'
import { createSeries, type Series } from './chart-series.ts'
import { classNames } from './class-name.ts'
import { TRANSPORT_LABELS, type TransportLabels, TRANSPORTS } from './connection-labels.ts'
import { CopyButton, type CopyLabels } from './copy-button.tsx'
import { markdownTable, type RaceResult } from './race/figures.ts'
import { type RaceObserver, type RacePhase, type RaceSettings, runRace } from './race/run-race.ts'
import { CHART_LABELS, type LiveChartLabels, SeriesChart } from './series-chart.tsx'

/** Every text of a race. */
export interface TransportRaceLabels extends CopyLabels {
  /** Names the race. */
  readonly race: string
  readonly start: string
  readonly again: string
  readonly stop: string
  readonly ready: string
  readonly phases: Readonly<Record<RacePhase, string>>
  readonly done: string
  readonly failed: (message: string) => string
  readonly transports: TransportLabels
  /** Names a chart. */
  readonly chart: (transport: string) => string
  readonly chartTable: LiveChartLabels
  /** Names the table. */
  readonly results: string
  /** The table's columns. */
  readonly columns: {
    readonly transport: string
    readonly setup: string
    readonly p50: string
    readonly p99: string
    readonly perSecond: string
    readonly overhead: string
    readonly reconnect: string
    readonly lost: string
  }
  readonly ms: (ms: number) => string
  readonly number: (count: number) => string
  readonly notMeasured: string
  /** How it was measured, below the table. */
  readonly method: string
}

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })

const LABELS: TransportRaceLabels = {
  race: 'Transport race',
  start: 'Start the race',
  again: 'Race again',
  stop: 'Stop',
  ready: 'Takes about ten seconds, from this browser to the server and back.',
  phases: {
    setup: 'Setting up connections',
    delivery: 'Measuring delivery',
    burst: 'Measuring a burst',
    reconnect: 'Cutting and reconnecting',
  },
  done: 'Done',
  copy: 'Copy as Markdown',
  copied: 'Copied',
  notCopied: 'Could not be copied',
  failed: (message) => `The race could not be run: ${message}`,
  transports: TRANSPORT_LABELS,
  chart: (transport) => `Delivery over ${transport}, milliseconds`,
  chartTable: CHART_LABELS,
  results: 'Results',
  columns: {
    transport: 'Transport',
    setup: 'Set-up',
    p50: 'Delivery p50',
    p99: 'Delivery p99',
    perSecond: 'Messages a second',
    overhead: 'Overhead, bytes a message',
    reconnect: 'Reconnected after',
    lost: 'Lost',
  },
  ms: (ms) => `${ms < 10 ? ms.toFixed(1) : whole.format(ms)} ms`,
  number: (count) => whole.format(count),
  notMeasured: '–',
  method:
    'Delivery is from a send in this page to the handler in this page, with one sender for all, so its way to the server is in every figure. Overhead is what a page can see: bodies, frames and response headers, less the data. Reconnected is when a message came that was sent at the moment of a cut.',
}

export interface TransportRaceProps extends Omit<ComponentPropsWithoutRef<'section'>, 'children'> {
  /** Where the server is, as for `createClient`. @defaultValue '/realtime' */
  readonly url?: string
  /**
   * The topic to race in, whose messages clients may send; to `<topic>-<transport>` a message `go` with `{ count }` is
   * sent, which the server answers with so many messages `burst`. @defaultValue a new `race:` topic for each race
   */
  readonly topic?: string
  /** @defaultValue all three */
  readonly transports?: readonly TransportName[]
  /** How long delivery is measured, in milliseconds. @defaultValue 5000 */
  readonly durationMs?: number
  /** Messages a second meanwhile. @defaultValue 20 */
  readonly perSecond?: number
  /** Messages of a burst. @defaultValue 2000 */
  readonly burst?: number
  /** Hears the figures at the end. */
  readonly onResults?: (results: readonly RaceResult[]) => void
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<TransportRaceLabels>
}

type Race =
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly phase: RacePhase }
  | { readonly kind: 'done'; readonly results: readonly RaceResult[] }
  | { readonly kind: 'failed'; readonly message: string }

async function finish(settings: RaceSettings, observer: RaceObserver, signal: AbortSignal): Promise<Race> {
  try {
    return { kind: 'done', results: await runRace(settings, observer, signal) }
  } catch (error) {
    if (signal.aborted) return { kind: 'ready' }
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

const createAllSeries = (): Readonly<Record<TransportName, Series>> => ({
  websocket: createSeries(5000),
  sse: createSeries(5000),
  longpoll: createSeries(5000),
})

/**
 * Measures the transports from this browser, side by side: set-up, delivery, a burst, overhead and reconnection, with
 * charts while it runs and a table at the end, to be copied as Markdown. It needs a server that answers `go`, as the
 * demo server does, and no provider.
 * ```tsx
 * <TransportRace url="/realtime" />
 * ```
 */
export const TransportRace: ForwardRefExoticComponent<TransportRaceProps & RefAttributes<HTMLElement>> = forwardRef<
  HTMLElement,
  TransportRaceProps
>(function TransportRace(
  {
    url = '/realtime',
    topic,
    transports = TRANSPORTS,
    durationMs = 5000,
    perSecond = 20,
    burst = 2000,
    onResults,
    labels,
    className,
    ...rest
  },
  ref,
) {
  const [race, setRace] = useState<Race>({ kind: 'ready' })
  const [series] = useState(createAllSeries)
  const running = useRef<AbortController>(undefined)
  const texts = { ...LABELS, ...labels }
  useEffect(() => () => running.current?.abort(), [])

  const start = async () => {
    const controller = new AbortController()
    running.current = controller
    const { signal } = controller
    for (const one of Object.values(series)) one.clear()
    const onPhase = (phase: RacePhase) => setRace({ kind: 'running', phase })
    const settings = { url, topic: topic ?? `race:${randomId(8)}`, transports, durationMs, perSecond, burst }
    const outcome = await finish(settings, { onPhase, series }, signal)
    setRace(outcome)
    if (outcome.kind === 'done') onResults?.(outcome.results)
  }

  const state = {
    ready: () => texts.ready,
    running: ({ phase }: Extract<Race, { kind: 'running' }>) => `${texts.phases[phase]}…`,
    done: () => texts.done,
    failed: ({ message }: Extract<Race, { kind: 'failed' }>) => texts.failed(message),
  }[race.kind] as (race: Race) => string
  const isRunning = race.kind === 'running'
  return (
    <section aria-label={texts.race} {...rest} ref={ref} className={classNames('ew-race', className)}>
      <div className="ew-toolbar">
        {isRunning ? (
          <button type="button" className="ew-button" onClick={() => running.current?.abort()}>
            {texts.stop}
          </button>
        ) : (
          <button type="button" className="ew-button ew-primary" onClick={() => void start()}>
            {race.kind === 'ready' ? texts.start : texts.again}
          </button>
        )}
        <p role="status">{state(race)}</p>
      </div>
      {(isRunning || race.kind === 'done') && (
        <div className="ew-lanes">
          {transports.map((transport) => (
            <figure key={transport} className="ew-chart">
              <figcaption>{texts.transports[transport]}</figcaption>
              <SeriesChart
                series={series[transport]}
                windowMs={durationMs + 1000}
                isStill={race.kind === 'done'}
                label={texts.chart(texts.transports[transport])}
                format={texts.ms}
                texts={texts.chartTable}
              />
            </figure>
          ))}
        </div>
      )}
      {race.kind === 'done' && <RaceTable results={race.results} texts={texts} />}
    </section>
  )
})

function RaceTable({
  results,
  texts,
}: {
  readonly results: readonly RaceResult[]
  readonly texts: TransportRaceLabels
}) {
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
