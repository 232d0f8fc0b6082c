import { TRANSPORT_LABELS, type TransportLabels } from '../connection-labels.ts'
import type { CopyLabels } from '../copy-button.tsx'
import { CHART_LABELS, type LiveChartLabels } from '../series-chart.tsx'
import type { RacePhase } from './run-race.ts'

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

export const RACE_LABELS: TransportRaceLabels = {
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
