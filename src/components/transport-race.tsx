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
import { TRANSPORTS } from './connection-labels.ts'
import type { RaceResult } from './race/figures.ts'
import { RACE_LABELS, type TransportRaceLabels } from './race/race-labels.ts'
import { RaceTable } from './race/race-table.tsx'
import { type RaceObserver, type RacePhase, type RaceSettings, runRace } from './race/run-race.ts'
import { SeriesChart } from './series-chart.tsx'

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
  const texts = { ...RACE_LABELS, ...labels }
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
