import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEventStream } from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { postToTutorial } from '../support/tutorial.ts'
import { EventStreamOptionsTable } from './hook-options.tsx'

interface Price {
  readonly symbol: string
  readonly price: number
}

function Prices() {
  // All stories share the stream, so each watches a symbol of its own.
  const [symbol] = useState(() => crypto.randomUUID())
  const { data: events, status } = useEventStream<{ 'price-update': Price }>('/tutorial/events')
  const last = events.findLast(({ type, data }) => type === 'price-update' && data.symbol === symbol)
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
      <p>Price: {last?.data.price ?? 'unknown'}</p>
    </section>
  )
}

/**
 * An event stream (Server-Sent Events) of any server. Needs no provider.
 * Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta = { title: 'Hooks/useEventStream', component: EventStreamOptionsTable }
export default meta

/** Named events of an ordinary event stream, each with its name as the message's type. */
export const NamedEventsArriveByTheirName: StoryObj = {
  render: () => <Prices />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Move the price' }))
    await canvas.findByText('Price: 42')
  },
}
