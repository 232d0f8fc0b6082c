import type { Meta, StoryObj } from '@storybook/react-vite'
import { live, type Message, skip, useRealtime } from 'everwire'
import { memo, useRef, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import type { PriceUpdate } from '../../demo-server/topics/market.ts'
import { setRate } from '../support/faults.ts'
import { useStory } from '../support/story.ts'
import { UseRealtimeOptions } from './hook-options.tsx'

/** State: the last messages of a topic, or what `reduce` makes of them. Subscribing is what opens the connection. */
const meta: Meta = { title: 'Hooks/useRealtime', component: UseRealtimeOptions }
export default meta

function Room({ last }: { readonly last: number }) {
  const topic = useStory().topic('chat')
  const { data: messages, status, send } = useRealtime<ChatMessage>(topic, { last })
  const [said, setSaid] = useState(0)
  const say = () => {
    setSaid(said + 1)
    void send('message', { name: 'Ann', text: `Hello ${said + 1}` })
  }
  return (
    <section className="card" aria-label="Room">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={say}>
          Say hello
        </button>
      </p>
      <ul>
        {messages.map(({ id, data }) => (
          <li key={id}>
            {data.name}: {data.text}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The sender sees the message as everybody else does: when the server has stored it. */
export const ASentMessageComesBack: StoryObj = {
  render: () => <Room last={20} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello 1')
  },
}

/** `last: 2` keeps two messages, whatever there were. */
export const OnlyTheLastMessagesAreKept: StoryObj = {
  render: () => <Room last={2} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const say = await canvas.findByRole('button', { name: 'Say hello' })
    for (let left = 3; left > 0; left--) await userEvent.click(say)
    await canvas.findByText('Ann: Hello 3')
    await expect(canvas.queryByText('Ann: Hello 1')).toBeNull()
    await expect(canvas.getAllByRole('listitem')).toHaveLength(2)
  },
}

function LateRoom() {
  const [isLate, setLate] = useState(false)
  return (
    <>
      <Room last={20} />
      <p className="row">
        <button type="button" className="button" onClick={() => setLate(true)}>
          Come late
        </button>
      </p>
      {isLate && <Newcomer />}
    </>
  )
}

function Newcomer() {
  const { data: count } = useRealtime(useStory().topic('chat'), {
    initial: 0,
    reduce: (seen: number) => seen + 1,
    last: 10,
  })
  return <p>The newcomer has {count} messages.</p>
}

/** Who comes late gets the history first, as much of it as `last` says. */
export const HistoryComesFirst: StoryObj = {
  render: () => <LateRoom />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    const say = canvas.getByRole('button', { name: 'Say hello' })
    await userEvent.click(say)
    await userEvent.click(say)
    await canvas.findByText('Ann: Hello 2')
    await userEvent.click(canvas.getByRole('button', { name: 'Come late' }))
    await canvas.findByText('The newcomer has 2 messages.')
  },
}

function Counter() {
  const story = useStory()
  const renders = useRef(0)
  const { data } = useRealtime(story.topic('counter'), {
    initial: { count: 0, highest: 0 },
    reduce: ({ count, highest }: { count: number; highest: number }, { data: { n } }: Message<Numbered>) => ({
      count: count + 1,
      highest: Math.max(highest, n),
    }),
    last: 0,
  })
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <section className="card" aria-label="Counter">
      <p className="row">
        <button type="button" className="button primary" onClick={() => void setRate(story.id, 500)}>
          500 messages a second
        </button>
      </p>
      <dl className="facts">
        <dt>Messages reduced</dt>
        <dd data-testid="messages">{data.count}</dd>
        <dt>Renders</dt>
        {/* oxlint-disable-next-line react/refs -- See above. */}
        <dd data-testid="renders">{renders.current}</dd>
      </dl>
    </section>
  )
}

const figure = (canvasElement: HTMLElement, name: string) => Number(within(canvasElement).getByTestId(name).textContent)

/** Every message is reduced once, and under load there is at most one render a frame: far fewer than messages. */
export const RendersAtMostOnceAFrame: StoryObj = {
  parameters: { everwire: { onDemand: true } },
  render: () => <Counter />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '500 messages a second' }))
    await waitFor(() => expect(figure(canvasElement, 'messages')).toBeGreaterThan(500))
    await expect(figure(canvasElement, 'renders')).toBeLessThan(figure(canvasElement, 'messages') / 2)
  },
}

type Prices = Readonly<Record<string, number>>

const prices = (topic: string) =>
  live<Prices, PriceUpdate>({
    topic,
    name: 'prices',
    initial: {},
    reduce: (known, { data: { symbol, price } }) => ({ ...known, [symbol]: price }),
  })

/** Another state of the same topic has another name. */
const updates = (topic: string) => live({ topic, name: 'updates', initial: 0, reduce: (count: number) => count + 1 })

const Price = memo(function Price({ symbol }: { readonly symbol: string }) {
  const topic = useStory().topic('ticker')
  const renders = useRef(0)
  const { data: price } = useRealtime(prices(topic), { select: (known) => known[symbol] })
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <li>
      {symbol}: <output>{price?.toFixed(2) ?? 'unknown'}</output>{' '}
      {/* oxlint-disable-next-line react/refs -- See above. */}
      <small data-testid={`renders-${symbol}`}>{renders.current}</small> renders
    </li>
  )
})

function Heard() {
  const { data: count } = useRealtime(updates(useStory().topic('ticker')))
  return (
    <p>
      Prices heard: <span data-testid="heard">{count}</span>
    </p>
  )
}

/** Twenty symbols move; who selects one renders for that one alone. */
export const RendersOnlyWhatIsSelected: StoryObj = {
  render: () => (
    <section className="card" aria-label="Prices">
      <ul>
        <Price symbol="AMBR" />
        <Price symbol="FJRD" />
      </ul>
      <Heard />
    </section>
  ),
  async play({ canvasElement }) {
    await within(canvasElement).findByTestId('heard')
    await waitFor(() => expect(figure(canvasElement, 'heard')).toBeGreaterThan(60))
    await expect(figure(canvasElement, 'renders-AMBR')).toBeLessThan(figure(canvasElement, 'heard') / 3)
  },
}

function Skipping() {
  const topic = useStory().topic('chat')
  const [isWanted, setWanted] = useState(false)
  const { status } = useRealtime(isWanted ? topic : skip)
  return (
    <section className="card" aria-label="Skipping">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button" onClick={() => setWanted(!isWanted)}>
          {isWanted ? 'Skip' : 'Subscribe'}
        </button>
      </p>
    </section>
  )
}

/** With `skip` in place of the topic nothing is opened, until there is something to ask for. */
export const SkipOpensNothing: StoryObj = {
  render: () => <Skipping />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: idle')
    await userEvent.click(canvas.getByRole('button', { name: 'Subscribe' }))
    await canvas.findByText('Status: live')
  },
}
