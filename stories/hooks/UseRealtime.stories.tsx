import type { Meta, StoryObj } from '@storybook/react-vite'
import { type Flush, live, type Message, skip, useRealtime, type WindowOptions } from 'everwire'
import { memo, useRef, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import type { PriceUpdate } from '../../demo-server/topics/market.ts'
import { CutAndMend } from '../support/away.tsx'
import { setRate } from '../support/faults.ts'
import { figureIn } from '../support/figures.ts'
import { SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import { CONTROLS, FIXED, UseRealtimeOptions } from './hook-options.tsx'

/** State: the last messages of a topic, or what `reduce` makes of them. Subscribing is what opens the connection. */
const meta: Meta<typeof UseRealtimeOptions> = {
  title: 'Hooks/useRealtime',
  component: UseRealtimeOptions,
  argTypes: { ...CONTROLS, initial: FIXED, reduce: FIXED, select: FIXED, isEqual: FIXED, throwOnError: FIXED },
  args: { last: 20, flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof UseRealtimeOptions>
type Options = Pick<WindowOptions<never, never>, 'last' | 'flush'>

function Room({ last = 20, flush = 'frame' }: Options) {
  const topic = useStory().topic('chat')
  const { data: messages, status, send } = useRealtime<ChatMessage>(topic, { last, flush })
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
export const ASentMessageComesBack: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello 1')
  },
}

/** `last: 2` keeps two messages, whatever there were. */
export const OnlyTheLastMessagesAreKept: Story = {
  args: { last: 2 },
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const say = await canvas.findByRole('button', { name: 'Say hello' })
    for (let left = 3; left > 0; left--) await userEvent.click(say)
    await canvas.findByText('Ann: Hello 3')
    await expect(canvas.queryByText('Ann: Hello 1')).toBeNull()
    await expect(canvas.getAllByRole('listitem')).toHaveLength(2)
  },
}

function LateRoom(options: Options) {
  const [isLate, setLate] = useState(false)
  return (
    <>
      <Room {...options} />
      <p className="row">
        <button type="button" className="button" onClick={() => setLate(true)}>
          Come late
        </button>
      </p>
      {isLate && <Newcomer {...options} />}
    </>
  )
}

function Newcomer({ last = 20 }: Options) {
  const { data: count } = useRealtime(useStory().topic('chat'), {
    initial: 0,
    reduce: (seen: number) => seen + 1,
    last,
  })
  return <p>The newcomer has {count} messages.</p>
}

/** Who comes late gets the history first, as much of it as `last` says. */
export const HistoryComesFirst: Story = {
  render: (args) => <LateRoom {...args} />,
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

interface Counted {
  readonly count: number
  readonly highest: number
  /** The number before the first one that came. */
  readonly before: number
}

function Counter({ flush = 'frame' }: { readonly flush?: Flush | undefined }) {
  const story = useStory()
  const renders = useRef(0)
  const { data } = useRealtime(story.topic('counter'), {
    initial: { count: 0, highest: 0, before: 0 },
    reduce: ({ count, before }: Counted, { data: { n } }: Message<Numbered>): Counted => ({
      count: count + 1,
      highest: n,
      before: count === 0 ? n - 1 : before,
    }),
    last: 0,
    flush,
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
        <dt>Before the first</dt>
        <dd data-testid="before">{data.before}</dd>
        <dt>Number of the last</dt>
        <dd data-testid="highest">{data.highest}</dd>
        <dt>Renders</dt>
        {/* oxlint-disable-next-line react/refs -- See above. */}
        <dd data-testid="renders">{renders.current}</dd>
      </dl>
    </section>
  )
}

/** Every message is reduced once, and under load there is at most one render a frame: far fewer than messages. */
export const RendersAtMostOnceAFrame: Story = {
  parameters: { everwire: { onDemand: true } },
  render: ({ flush }) => <Counter flush={flush} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '500 messages a second' }))
    await waitFor(() => expect(figureIn(canvasElement, 'messages')).toBeGreaterThan(500))
    await expect(figureIn(canvasElement, 'renders')).toBeLessThan(figureIn(canvasElement, 'messages') / 2)
  },
}

/** `flush: 1000` renders once a second, for what nobody reads faster: every message is reduced nevertheless. */
export const RendersOnlyOnceASecond: Story = {
  args: { flush: 1000 },
  parameters: { everwire: { onDemand: true } },
  render: ({ flush }) => <Counter flush={flush} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '500 messages a second' }))
    await waitFor(() => expect(figureIn(canvasElement, 'messages')).toBeGreaterThan(800))
    await expect(figureIn(canvasElement, 'renders')).toBeLessThan(20)
    await expect(figureIn(canvasElement, 'highest')).toBe(
      figureIn(canvasElement, 'messages') + figureIn(canvasElement, 'before'),
    )
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
export const RendersOnlyWhatIsSelected: Story = {
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
    await waitFor(() => expect(figureIn(canvasElement, 'heard')).toBeGreaterThan(60))
    await expect(figureIn(canvasElement, 'renders-AMBR')).toBeLessThan(figureIn(canvasElement, 'heard') / 3)
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
export const SkipOpensNothing: Story = {
  render: () => <Skipping />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: idle')
    await userEvent.click(canvas.getByRole('button', { name: 'Subscribe' }))
    await canvas.findByText('Status: live')
  },
}

function Away(options: Options) {
  return (
    <>
      <p className="row">
        <CutAndMend />
      </p>
      <Room {...options} />
    </>
  )
}

/** While the connection is away the data stays, and says that it is stale; what was sent meanwhile comes with the next one. */
export const KeepsItsDataWhileAway: Story = {
  parameters: { everwire: { transport: 'websocket' } },
  render: (args) => <Away {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello 1')
    await userEvent.click(canvas.getByRole('button', { name: 'Cut' }))
    await canvas.findByText('Status: stale')
    await expect(canvas.getByText('Ann: Hello 1')).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByText('Status: live')
    await canvas.findByText('Ann: Hello 2')
  },
}

function Refused() {
  const { status, error, reconnect } = useRealtime(useStory().topic('chat'))
  return (
    <p>
      Status: {status}. {error?.message}{' '}
      <button type="button" className="button" onClick={reconnect}>
        Try again
      </button>
    </p>
  )
}

/** What is final is `status: 'error'`, with the reason; `reconnect` tries again, here with another token. */
export const SaysWhatIsFinal: Story = {
  render: () => (
    <SignedOut>
      {(signIn) => (
        <section className="card" aria-label="Refused">
          <Refused />
          <p className="row">
            <button type="button" className="button primary" onClick={signIn}>
              Sign in
            </button>
          </p>
        </section>
      )}
    </SignedOut>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Status: error\. .*did not accept the credentials/)
    await userEvent.click(canvas.getByRole('button', { name: 'Try again' }))
    await canvas.findByText(/^Status: error/)
    await userEvent.click(canvas.getByRole('button', { name: 'Sign in' }))
    await canvas.findByText(/^Status: live/)
  },
}

const rounded = (count: number) => Math.floor(count / 50) * 50

function Rough() {
  const renders = useRef(0)
  const { data: count } = useRealtime(useStory().topic('counter'), {
    initial: 0,
    reduce: (seen: number) => seen + 1,
    last: 0,
    isEqual: (a, b) => rounded(a) === rounded(b),
  })
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <p>
      More than <span data-testid="rough">{rounded(count)}</span> messages, in{' '}
      {/* oxlint-disable-next-line react/refs -- See above. */}
      <span data-testid="renders">{renders.current}</span> renders
    </p>
  )
}

/** With `isEqual` what is near enough renders nothing: once for every fifty messages. */
export const NearEnoughIsNoChange: Story = {
  render: () => <Rough />,
  async play({ canvasElement }) {
    await within(canvasElement).findByTestId('rough')
    await waitFor(() => expect(figureIn(canvasElement, 'rough')).toBeGreaterThanOrEqual(100))
    // One for the start, one for the status, and one for each fifty.
    await expect(figureIn(canvasElement, 'renders')).toBeLessThan(8)
  },
}
