import type { Meta, StoryObj } from '@storybook/react-vite'
import { createClient, type Message, RealtimeProvider, useConnection, useRealtime } from 'everwire'
import { useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { useStory } from '../support/story.ts'

/** Many clients of one server at once, each with a connection of its own, as if they were tabs. */
const meta: Meta = { title: 'Recipes/Tabs', parameters: { everwire: { onDemand: true } } }
export default meta

function Tab({ number, shareTabs = false }: { readonly number: number; readonly shareTabs?: boolean }) {
  const { id } = useStory()
  const [client] = useState(() =>
    createClient({
      url: `/realtime/~${id}`,
      shareTabs,
      storage: false,
      lingerMs: 0,
      // Short enough to watch, where twenty handshakes at once took longer than the race waits.
      ladder: { climb: { minMs: 500, maxMs: 2_000 } },
    }),
  )
  return (
    <RealtimeProvider client={client}>
      <Heard number={number} />
    </RealtimeProvider>
  )
}

interface Tally {
  readonly received: number
  readonly latest: number
  readonly breaks: number
}

/** Counts, and looks whether each number is the one after the last. */
const tally = ({ received, latest, breaks }: Tally, { data: { n } }: Message<Numbered>): Tally => ({
  received: received + 1,
  latest: n,
  breaks: breaks + (latest !== 0 && n !== latest + 1 ? 1 : 0),
})

function Heard({ number }: { readonly number: number }) {
  const topic = useStory().topic('counter')
  const transport = useConnection((connection) => connection.transport)
  const { data } = useRealtime(topic, { initial: { received: 0, latest: 0, breaks: 0 }, reduce: tally, last: 0 })
  return (
    <li className="tab" data-testid="tab">
      <strong>Tab {number}</strong> <span>{transport ?? 'connecting'}</span>
      <dl className="facts">
        <dt>Received</dt>
        <dd data-testid="received">{data.received}</dd>
        <dt>Gaps</dt>
        <dd data-testid="gaps">{data.breaks}</dd>
      </dl>
    </li>
  )
}

const PATIENCE = { timeout: 30_000 }
const TWENTY = Array.from({ length: 20 }, (_, index) => index + 1)

const figuresOf = (canvasElement: HTMLElement) => (name: string) =>
  within(canvasElement)
    .getAllByTestId(name)
    .map(({ textContent }) => Number(textContent))

/** Twenty connections hear the same counter, and none of them misses a number. */
export const TwentyTabs: StoryObj = {
  render: () => (
    <ul className="tabs">
      {TWENTY.map((number) => (
        <Tab key={number} number={number} />
      ))}
    </ul>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const figures = figuresOf(canvasElement)
    await expect(await canvas.findAllByTestId('tab')).toHaveLength(20)
    await waitFor(() => expect(Math.min(...figures('received'))).toBeGreaterThan(20), PATIENCE)
    // Twenty handshakes at once may take longer than the race waits: then a stream carries until the socket is there.
    await waitFor(() => expect(canvas.getAllByText('websocket')).toHaveLength(20), PATIENCE)
    await expect(Math.max(...figures('gaps'))).toBe(0)
  },
}

/**
 * The WebSocket is refused, and over HTTP/1.1 a browser opens six connections to a host: with `shareTabs` all twenty live
 * on one stream.
 */
export const TwentyTabsShareOneStream: StoryObj = {
  parameters: { everwire: { fault: 'refused' } },
  render: () => (
    <ul className="tabs">
      {TWENTY.map((number) => (
        <Tab key={number} number={number} shareTabs />
      ))}
    </ul>
  ),
  async play({ canvasElement }) {
    const figures = figuresOf(canvasElement)
    await expect(await within(canvasElement).findAllByTestId('tab')).toHaveLength(20)
    await waitFor(() => expect(Math.min(...figures('received'))).toBeGreaterThan(20), PATIENCE)
    await waitFor(() => expect(within(canvasElement).getAllByText('sse')).toHaveLength(20), PATIENCE)
    await expect(Math.max(...figures('gaps'))).toBe(0)
  },
}
