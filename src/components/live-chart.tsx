'use client'
import {
  type ComponentPropsWithoutRef,
  type ForwardedRef,
  forwardRef,
  type ReactNode,
  type RefAttributes,
  useEffect,
  useRef,
} from 'react'
import type { Message } from '../client/message.ts'
import { useRealtimeClient } from '../react/client-context.ts'
import { useKeyed } from '../react/use-keyed.ts'
import { createSeries } from './chart-series.ts'
import { classNames } from './class-name.ts'
import { CHART_LABELS, type LiveChartLabels, SeriesChart } from './series-chart.tsx'

export interface LiveChartProps<Data = unknown> extends Omit<ComponentPropsWithoutRef<'figure'>, 'children'> {
  /** The topic whose messages are drawn, from now on. */
  readonly topic: string
  /** The value of a message; `null`: it has none. @defaultValue the data, where that is a number */
  readonly y?: (message: Message<Data>) => number | null
  /** How much time is shown, in milliseconds. @defaultValue 60000 */
  readonly windowMs?: number
  /** How many points are kept; older ones give way. @defaultValue 20000 */
  readonly maxPoints?: number
  /** What the chart shows, for those who do not see it. */
  readonly label: string
  /** How a value is written. @defaultValue with at most two decimals */
  readonly format?: (value: number) => string
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<LiveChartLabels>
  /** What stands in the place of the canvas where there is none: in the HTML of a server, until it is hydrated. */
  readonly fallback?: ReactNode
  /** What stands below the canvas, such as a `<figcaption>`. */
  readonly children?: ReactNode
}

/** The type of `LiveChart`: generic, which `forwardRef` alone does not keep. */
export type LiveChartComponent = <Data = unknown>(props: LiveChartProps<Data> & RefAttributes<HTMLElement>) => ReactNode

const twoDecimals = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 })
const formatNumber = (value: number) => twoDecimals.format(value)
const dataAsNumber = ({ data }: Message): number | null => (typeof data === 'number' ? data : null)

/**
 * A line of what a topic says, drawn on a canvas at most once a frame: messages render nothing, at whatever rate. The
 * lowest and highest value of each column of pixels are drawn, so no spike is lost. Below it is a table, refreshed every
 * two seconds while it is open.
 * ```tsx
 * <LiveChart<Price> topic="ticker:acme" label="Price of ACME" y={({ data }) => data.price} />
 * ```
 */
export const LiveChart: LiveChartComponent = forwardRef(function LiveChart(
  {
    topic,
    y = dataAsNumber,
    windowMs = 60_000,
    maxPoints = 20_000,
    label,
    format = formatNumber,
    labels,
    fallback,
    children,
    className,
    ...rest
  }: LiveChartProps,
  ref: ForwardedRef<HTMLElement>,
) {
  const client = useRealtimeClient()
  const latest = useRef(y)
  const series = useKeyed([client, topic, maxPoints], () => createSeries(maxPoints))
  useEffect(() => {
    latest.current = y
  })
  useEffect(
    () =>
      client.listen(topic, {
        onMessage(message) {
          const value = latest.current(message)
          if (value !== null && Number.isFinite(value)) series.add(performance.now(), value)
        },
      }),
    [client, topic, series],
  )
  return (
    <figure {...rest} ref={ref} className={classNames('ew-chart', className)}>
      <SeriesChart
        series={series}
        windowMs={windowMs}
        label={label}
        format={format}
        texts={{ ...CHART_LABELS, ...labels }}
        fallback={fallback}
      />
      {children}
    </figure>
  )
}) as LiveChartComponent
