import type { Meta, StoryObj } from '@storybook/react-vite'
import { type BufferCounts, useRealtimeClient } from 'everwire'
import { useEffect, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { PriceUpdate } from '../../demo-server/topics/market.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { setRate } from '../support/faults.ts'
import { useStory } from '../support/story.ts'

/** Who reads more slowly than the server speaks: `client.stream` waits for its reader, and what waits is bounded. */
const meta: Meta = { title: 'Recipes/Slow reader', parameters: { everwire: { onDemand: true } } }
export default meta

const NOTHING: BufferCounts = { waiting: 0, dropped: 0, conflated: 0, resets: 0 }
const READ_MS = 200
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Reading {
  readonly read: number
  readonly counts: BufferCounts
}

function Figures({ read, counts }: Reading) {
  return (
    <dl className="facts">
      <dt>Read</dt>
      <dd data-testid="read">{read}</dd>
      <dt>Waiting</dt>
      <dd data-testid="waiting">{counts.waiting}</dd>
      <dt>Forgotten</dt>
      <dd data-testid="dropped">{counts.dropped}</dd>
      <dt>Replaced by a newer one</dt>
      <dd data-testid="conflated">{counts.conflated}</dd>
    </dl>
  )
}

function DropsOldest() {
  const { id, topic } = useStory()
  const client = useRealtimeClient()
  const [reading, setReading] = useState<Reading>({ read: 0, counts: NOTHING })
  const counter = topic('counter')
  useEffect(() => {
    const abort = new AbortController()
    const messages = client.stream<Numbered>(counter, {
      signal: abort.signal,
      buffer: { limit: 100, overflow: 'drop-oldest' },
    })
    const readSlowly = async () => {
      for await (const _ of messages) {
        setReading(({ read }) => ({ read: read + 1, counts: messages.counts }))
        await pause(READ_MS)
      }
    }
    void readSlowly()
    return () => abort.abort()
  }, [client, counter])
  return (
    <section className="card" aria-label="Slow reader">
      <button type="button" className="button primary" onClick={() => void setRate(id, 500)}>
        500 messages a second
      </button>
      <Figures {...reading} />
    </section>
  )
}

const figure = (canvasElement: HTMLElement, name: string) => Number(within(canvasElement).getByTestId(name).textContent)

/** Five reads a second of five hundred messages: a hundred wait, the oldest are forgotten, and both are counted. */
export const ForgetsTheOldestAndSaysSo: StoryObj = {
  render: () => <DropsOldest />,
  async play({ canvasElement }) {
    await userEvent.click(await within(canvasElement).findByRole('button', { name: '500 messages a second' }))
    await waitFor(() => expect(figure(canvasElement, 'dropped')).toBeGreaterThan(200))
    await expect(figure(canvasElement, 'waiting')).toBeLessThanOrEqual(100)
  },
}

function Conflates() {
  const client = useRealtimeClient()
  const ticker = useStory().topic('ticker')
  const [reading, setReading] = useState<Reading>({ read: 0, counts: NOTHING })
  useEffect(() => {
    const abort = new AbortController()
    const prices = client.stream<PriceUpdate>(ticker, {
      signal: abort.signal,
      buffer: { limit: 500, overflow: 'conflate', key: ({ data }) => data.symbol },
    })
    const readSlowly = async () => {
      for await (const _ of prices) {
        setReading(({ read }) => ({ read: read + 1, counts: prices.counts }))
        await pause(READ_MS)
      }
    }
    void readSlowly()
    return () => abort.abort()
  }, [client, ticker])
  return (
    <section className="card" aria-label="Slow reader">
      <Figures {...reading} />
    </section>
  )
}

/** Only the newest price of each symbol is worth reading: with twenty symbols no more than twenty wait. */
export const KeepsOnlyTheNewestOfEachSymbol: StoryObj = {
  render: () => <Conflates />,
  async play({ canvasElement }) {
    await within(canvasElement).findByTestId('conflated')
    await waitFor(() => expect(figure(canvasElement, 'conflated')).toBeGreaterThan(20))
    await expect(figure(canvasElement, 'waiting')).toBeLessThanOrEqual(20)
  },
}
