import type { Meta, StoryObj } from '@storybook/react-vite'
import { type EndpointMessage, type Flush, skip, useEventStream } from 'everwire'
import { useState } from 'react'
import { flushSync } from 'react-dom'
import { expect, userEvent, within } from 'storybook/test'
import { postToTutorial } from '../support/tutorial.ts'
import { CONTROLS, EventStreamOptionsTable, FIXED } from './hook-options.tsx'

/**
 * An event stream (Server-Sent Events) of any server. Needs no provider.
 * Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta<typeof EventStreamOptionsTable> = {
  title: 'Hooks/useEventStream',
  component: EventStreamOptionsTable,
  argTypes: { last: CONTROLS.last, flush: CONTROLS.flush, select: FIXED, isEqual: FIXED, throwOnError: FIXED },
  args: { last: 50, flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof EventStreamOptionsTable>

interface Price {
  readonly symbol: string
  readonly price: number
}

function Prices({ last = 50, flush = 'frame' }: { readonly last?: number; readonly flush?: Flush }) {
  // All stories share the stream, so each watches a symbol of its own.
  const [symbol] = useState(() => crypto.randomUUID())
  const { data: events, status } = useEventStream<{ 'price-update': Price }>('/tutorial/events', { last, flush })
  const newest = events.findLast(({ type, data }) => type === 'price-update' && data.symbol === symbol)
  return (
    <section className="card" aria-label="Prices">
      <p>Status: {status}</p>
      <p className="row">
        <button
          type="button"
          className="button primary"
          onClick={() => void postToTutorial('prices', 'price-update', { symbol, price: 42 })}
        >
          Move the price
        </button>
      </p>
      <p>Price: {newest?.data.price ?? 'unknown'}</p>
    </section>
  )
}

/** Named events of an ordinary event stream, each with its name as the message's type. */
export const NamedEventsArriveByTheirName: Story = {
  render: (args) => <Prices {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Move the price' }))
    await canvas.findByText('Price: 42')
  },
}

const isOf = (symbol: string, { data }: EndpointMessage) =>
  typeof data === 'object' && data !== null && (data as Partial<Price>).symbol === symbol

function Resumes() {
  const [symbol] = useState(() => crypto.randomUUID())
  const [publishing, setPublishing] = useState<Promise<void>>()
  const [next, setNext] = useState(1)
  // A URL that is a function is asked at each attempt: here the new stream waits for what is published meanwhile.
  const url = async () => {
    await publishing
    return '/tutorial/events'
  }
  const {
    data: prices,
    status,
    reconnect,
  } = useEventStream<readonly number[]>(url, {
    initial: [],
    reduce: (known, message) => (isOf(symbol, message) ? [...known, (message.data as Price).price] : known),
  })
  const publish = () => {
    setNext(next + 1)
    return postToTutorial('prices', 'price-update', { symbol, price: next })
  }
  const publishMeanwhile = () => {
    flushSync(() => setPublishing(publish()))
    reconnect()
  }
  return (
    <section className="card" aria-label="Resumes">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={() => void publish()}>
          Publish
        </button>
        <button type="button" className="button" onClick={publishMeanwhile}>
          Publish while no stream is open
        </button>
      </p>
      <p>Prices: {prices.join(', ') || 'none'}</p>
    </section>
  )
}

/** A new connection says with `Last-Event-ID` where the one before stood, and misses nothing that the server still has. */
export const ResumesWhereItStood: Story = {
  render: () => <Resumes />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Publish' }))
    await canvas.findByText('Prices: 1')
    await userEvent.click(canvas.getByRole('button', { name: 'Publish while no stream is open' }))
    await canvas.findByText('Prices: 1, 2')
    await userEvent.click(canvas.getByRole('button', { name: 'Publish' }))
    await canvas.findByText('Prices: 1, 2, 3')
  },
}

function Skipping() {
  const [isWanted, setWanted] = useState(false)
  const { status } = useEventStream(isWanted ? '/tutorial/events' : skip)
  return (
    <section className="card" aria-label="Skipping">
      <p>Status: {status}</p>
      <button type="button" className="button" onClick={() => setWanted(!isWanted)}>
        {isWanted ? 'Skip' : 'Listen'}
      </button>
    </section>
  )
}

/** `skip` opens nothing, until there is something to ask for. */
export const SkipOpensNothing: Story = {
  render: () => <Skipping />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: idle')
    await userEvent.click(canvas.getByRole('button', { name: 'Listen' }))
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Skip' }))
    await canvas.findByText('Status: idle')
  },
}

function Refused() {
  const { status, error, reconnect } = useEventStream('/faults/nobody', { method: 'PUT', body: 'nothing' })
  return (
    <section className="card" aria-label="Refused">
      <p>Status: {status}</p>
      <p>{error?.message ?? 'No error'}</p>
      <button type="button" className="button" onClick={reconnect}>
        Try again
      </button>
    </section>
  )
}

/** An answer that trying again would not mend (most of 4xx) is final, and says what was expected and what came. */
export const SaysWhatIsFinal: Story = {
  render: () => <Refused />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: error')
    await expect(canvas.getByText(/405/)).toBeVisible()
  },
}
