import type { Meta, StoryObj } from '@storybook/react-vite'
import { latest, live, type Message, useRealtime, windowed } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { figureIn } from '../support/figures.ts'
import { sayAs } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/** `live`, `latest` and `windowed` define state outside components, so that several share it. */
const meta: Meta = { title: 'Hooks/Definitions' }
export default meta

const total = (topic: string) =>
  live({
    topic,
    name: 'total',
    initial: 0,
    reduce: (sum, { data }: Message<Numbered>) => sum + data.n,
    replay: 'all',
  })

function Total({ name }: { readonly name: string }) {
  const { data: sum } = useRealtime(total(useStory().topic('counter')))
  return (
    <p>
      {name}: <output data-testid={name}>{sum}</output>
    </p>
  )
}

/** Two components, one definition: one state, which both show at every moment. */
export const TwoComponentsShareOneState: StoryObj = {
  render: () => (
    <>
      <Total name="left" />
      <Total name="right" />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const left = await canvas.findByTestId('left')
    await waitFor(() => expect(Number(left.textContent)).toBeGreaterThan(50))
    await expect(canvas.getByTestId('right')).toHaveTextContent(left.textContent)
  },
}

function Newest() {
  const topic = useStory().topic('counter')
  const [newest] = useState(() => latest<Numbered>(topic))
  const [three] = useState(() => windowed<Numbered>(topic, 3))
  const { data: message } = useRealtime(newest)
  const { data: messages } = useRealtime(three)
  return (
    <>
      <p>Newest: {message?.data.n ?? 'none yet'}</p>
      <p data-testid="three">The last three: {messages.map(({ data }) => data.n).join(', ')}</p>
    </>
  )
}

/** The newest message alone, and a window of three: numbers that follow each other. */
export const TheNewestAndTheLastThree: StoryObj = {
  render: () => <Newest />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Newest: \d/)
    await waitFor(() => expect(canvas.getByTestId('three').textContent.match(/\d+/g)).toHaveLength(3))
    const numbers = canvas.getByTestId('three').textContent.match(/\d+/g)!.map(Number)
    await expect(numbers).toEqual([numbers[0], numbers[0]! + 1, numbers[0]! + 2])
  },
}

/** Counts what it hears, and for so long also when nobody reads it. */
const heard = (topic: string, keepAliveMs: number) =>
  live({
    topic,
    name: `heard, ${keepAliveMs}`,
    initial: 0,
    reduce: (count: number) => count + 1,
    replay: 0,
    keepAliveMs,
    gcMs: 0,
  })

function Heard({ name, keepAliveMs }: { readonly name: string; readonly keepAliveMs: number }) {
  const { data: count } = useRealtime(heard(useStory().topic('counter'), keepAliveMs))
  return (
    <p>
      Heard by what is {name}: <output data-testid={name}>{count}</output>
    </p>
  )
}

function Route() {
  const [isThere, setThere] = useState(true)
  const { data: newest } = useRealtime(latest<Numbered>(useStory().topic('counter')))
  return (
    <>
      <p className="row">
        <button type="button" className="button" onClick={() => setThere(!isThere)}>
          {isThere ? 'Go elsewhere' : 'Come back'}
        </button>
      </p>
      <p>
        The counter is at <span data-testid="newest">{newest?.data.n ?? 0}</span>
      </p>
      {isThere && <Heard name="kept" keepAliveMs={60_000} />}
      {isThere && <Heard name="forgotten" keepAliveMs={0} />}
    </>
  )
}

/** With `keepAliveMs` a state goes on while nobody reads it; with 0 (and `gcMs: 0`) it begins anew for who comes back. */
export const AStateOutlivesItsReaders: StoryObj = {
  render: () => <Route />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByTestId('kept')
    await waitFor(() => expect(figureIn(canvasElement, 'forgotten')).toBeGreaterThan(15))
    const before = figureIn(canvasElement, 'kept')
    const newest = figureIn(canvasElement, 'newest')
    await userEvent.click(canvas.getByRole('button', { name: 'Go elsewhere' }))
    await waitFor(() => expect(figureIn(canvasElement, 'newest')).toBeGreaterThan(newest + 10))
    await userEvent.click(canvas.getByRole('button', { name: 'Come back' }))
    await expect(figureIn(canvasElement, 'kept')).toBeGreaterThan(before + 10)
    await expect(figureIn(canvasElement, 'forgotten')).toBeLessThan(10)
  },
}

/** Two states of one topic, told apart by their names. */
const words = (topic: string) =>
  live<number, ChatMessage>({
    topic,
    name: 'words',
    initial: 0,
    reduce: (count, { data }) => count + data.text.split(' ').length,
  })
const speakers = (topic: string) =>
  live<readonly string[], ChatMessage>({
    topic,
    name: 'speakers',
    initial: [],
    reduce: (names, { data }) => (names.includes(data.name) ? names : [...names, data.name]),
  })

function Summary() {
  const topic = useStory().topic('chat')
  const { data: count, status } = useRealtime(words(topic))
  const { data: names } = useRealtime(speakers(topic))
  return (
    <section className="card" aria-label="Summary">
      <p className="row">
        <button type="button" className="button" onClick={() => void sayAs('Ann', topic, 'one two three')}>
          Ann says three words
        </button>
        <button type="button" className="button" onClick={() => void sayAs('Bob', topic, 'four')}>
          Bob says one
        </button>
      </p>
      <p>
        {status}: {count} words of {names.join(' and ') || 'nobody'}
      </p>
    </section>
  )
}

/** A topic may have many states, each with its name: one subscription feeds them all. */
export const OneTopicHasManyStates: StoryObj = {
  render: () => <Summary />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('live: 0 words of nobody')
    await userEvent.click(canvas.getByRole('button', { name: 'Ann says three words' }))
    await canvas.findByText('live: 3 words of Ann')
    await userEvent.click(canvas.getByRole('button', { name: 'Bob says one' }))
    await canvas.findByText('live: 4 words of Ann and Bob')
  },
}
