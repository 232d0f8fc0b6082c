import type { Meta, StoryObj } from '@storybook/react-vite'
import { type Message, type TransportName, useConnection, useRealtime } from 'everwire'
import { useEffect, useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import { ConnectionStatus } from '../../demo-server/page/connection/ConnectionStatus.tsx'
import { Sparkline } from '../../demo-server/page/market/Sparkline.tsx'
import { formatCount } from '../../demo-server/page/lib/format.ts'
import { RateControl } from '../../demo-server/page/proof/RateControl.tsx'
import { useStory } from '../support/story.ts'
import '../../demo-server/page/market/market.css'
import '../../demo-server/page/proof/proof.css'
import './dashboard.css'

/** What this page receives, and what the server has to do, second by second. */
const meta: Meta = { title: 'Recipes/Metrics dashboard', parameters: { everwire: { onDemand: true } } }
export default meta

interface Stats {
  readonly connections: Readonly<Record<TransportName, number>>
  readonly subscriptions: number
  readonly bufferedBytes: number
}

/** The server's own figures, asked once a second. */
function useStats(): Stats | undefined {
  const [stats, setStats] = useState<Stats>()
  useEffect(() => {
    const abort = new AbortController()
    const ask = async () => {
      const response = await fetch('/stats', { signal: abort.signal })
      setStats((await response.json()) as Stats)
    }
    // A figure that did not come is asked for again with the next second.
    const askAgain = () => void ask().catch(() => {})
    askAgain()
    const timer = setInterval(askAgain, 1000)
    return () => {
      clearInterval(timer)
      abort.abort()
    }
  }, [])
  return stats
}

interface Received {
  readonly total: number
  /** Messages of each of the last seconds by the server's clock, oldest first; the last one goes on. */
  readonly perSecond: readonly number[]
  readonly second: number
}

const SECONDS = 32
const NOTHING: Received = { total: 0, perSecond: [], second: 0 }

function countSeconds({ total, perSecond, second }: Received, { sentAt }: Message): Received {
  const now = Math.floor(sentAt / 1000)
  if (now === second) return { total: total + 1, perSecond: [...perSecond.slice(0, -1), perSecond.at(-1)! + 1], second }
  const quiet = second === 0 ? 0 : Math.min(SECONDS, now - second - 1)
  return {
    total: total + 1,
    perSecond: [...perSecond, ...Array<number>(quiet).fill(0), 1].slice(-SECONDS),
    second: now,
  }
}

function Tile({ label, value, unit }: { readonly label: string; readonly value: string; readonly unit?: string }) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd data-testid={label}>
        {value} {unit && <small>{unit}</small>}
      </dd>
    </div>
  )
}

function Dashboard() {
  const { id, topic } = useStory()
  const stats = useStats()
  const latency = useConnection((connection) => (connection.status === 'open' ? connection.latency : null))
  const { data: received } = useRealtime(topic('counter'), {
    initial: NOTHING,
    reduce: countSeconds,
    last: 0,
    flush: 250,
  })
  return (
    <section className="card dashboard" aria-labelledby="dashboard-title">
      <h2 id="dashboard-title">Metrics</h2>
      <ConnectionStatus />
      <dl className="tiles">
        <Tile label="Received" value={formatCount(received.total)} unit="messages" />
        <Tile label="In the last full second" value={formatCount(received.perSecond.at(-2) ?? 0)} unit="messages" />
        <Tile label="Round trip" value={latency === null ? '–' : latency.toFixed(1)} unit="ms" />
        <Tile label="WebSockets" value={stats ? formatCount(stats.connections.websocket) : '–'} />
        <Tile label="Event streams" value={stats ? formatCount(stats.connections.sse) : '–'} />
        <Tile label="Polls" value={stats ? formatCount(stats.connections.longpoll) : '–'} />
        <Tile label="Subscriptions" value={stats ? formatCount(stats.subscriptions) : '–'} />
        <Tile label="Waiting for the network" value={stats ? formatCount(stats.bufferedBytes) : '–'} unit="bytes" />
      </dl>
      <figure className="trend">
        <figcaption className="explain">Messages a second, the last {SECONDS} seconds</figcaption>
        <Sparkline values={received.perSecond.length > 2 ? received.perSecond.slice(1, -1) : [0, 0]} />
      </figure>
      <RateControl name={id} />
    </section>
  )
}

/** The page's own rate and the server's load, side by side. */
export const CountsWhatArrives: StoryObj = {
  render: () => <Dashboard />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const value = (name: string) => Number(canvas.getByTestId(name).textContent.replaceAll(/\D/g, ''))
    await canvas.findByText('Live over WebSocket')
    await waitFor(() => expect(value('In the last full second')).toBeGreaterThan(10))
    await waitFor(() => expect(value('WebSockets')).toBeGreaterThan(0))
  },
}
