import type { Meta, StoryObj } from '@storybook/react-vite'
import { type EndpointMessage, type Flush, skip, useEventStream } from 'everwire'
import { useState } from 'react'
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
  const [isGone, setGone] = useState(false)
  const { data: prices, status } = useEventStream<readonly number[]>(
    isGone ? skip : `/tutorial/events?story=${symbol}`,
    {
      initial: [],
      reduce: (known, message) => (isOf(symbol, message) ? [...known, (message.data as Price).price] : known),
    },
  )
  const { reconnect } = useEventStream(isGone ? skip : `/tutorial/events?story=${symbol}`)
  const [next, setNext] = useState(1)
  const publish = () => {
    setNext(next + 1)
    return postToTutorial('prices', 'price-update', { symbol, price: next })
  }
  return (
    <section className="card" aria-label="Resumes">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={() => void publish()}>
          Publish
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            // The stream that is open is closed at once, so this comes while none is.
            reconnect()
            void publish()
          }}
        >
          Publish during a reconnect
        </button>
        <button type="button" className="button" onClick={() => setGone(!isGone)}>
          {isGone ? 'Listen' : 'Skip'}
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
    await userEvent.click(canvas.getByRole('button', { name: 'Publish during a reconnect' }))
    await canvas.findByText('Prices: 1, 2')
    await userEvent.click(canvas.getByRole('button', { name: 'Publish' }))
    await canvas.findByText('Prices: 1, 2, 3')
  },
}

/** `skip` opens nothing, and has the state at the start. */
export const SkipOpensNothing: Story = {
  render: () => <Resumes />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Skip' }))
    await canvas.findByText('Status: idle')
    await canvas.findByText('Prices: none')
    await userEvent.click(canvas.getByRole('button', { name: 'Listen' }))
    await canvas.findByText('Status: live')
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
