import type { Meta, StoryObj } from '@storybook/react-vite'
import { live, useRealtimeClient, useRealtimeSuspense } from 'everwire'
import { Component, type ReactNode, Suspense, useCallback, useEffect, useState, useTransition } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { CutAndMend } from '../support/away.tsx'
import { setFaults } from '../support/faults.ts'
import { figureIn } from '../support/figures.ts'
import { sayAs, SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import { CONTROLS, FIXED, UseRealtimeOptions } from './hook-options.tsx'

/**
 * `useRealtime` that suspends until its state is complete for the first time, and never again for the same topic: a
 * connection that is away makes the data `stale`. Final errors go to the error boundary.
 */
const meta: Meta<typeof UseRealtimeOptions> = {
  title: 'Hooks/useRealtimeSuspense',
  component: UseRealtimeOptions,
  argTypes: { ...CONTROLS, initial: FIXED, reduce: FIXED, select: FIXED, isEqual: FIXED, throwOnError: FIXED },
  args: { last: 10, flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof UseRealtimeOptions>

function Fallback({ onShown }: { readonly onShown: () => void }) {
  useEffect(onShown, [onShown])
  return <p className="explain">Waiting for the first state…</p>
}

/** A boundary that counts how often its fallback was on the page. */
function Counted({ children }: { readonly children: ReactNode }) {
  const [count, setCount] = useState(0)
  const onShown = useCallback(() => setCount((before) => before + 1), [])
  return (
    <section className="card" aria-label="Waits once">
      <Suspense fallback={<Fallback onShown={onShown} />}>{children}</Suspense>
      <p className="explain">
        Fallbacks so far: <span data-testid="fallbacks">{count}</span>
      </p>
    </section>
  )
}

function Numbers({ last = 10 }: { readonly last?: number | undefined }) {
  const topic = useStory().topic('counter')
  const { data: count, status } = useRealtimeSuspense(topic, {
    initial: 0,
    reduce: (seen: number) => seen + 1,
    last,
  })
  return (
    <p>
      The counter is {status}, <output data-testid="count">{count}</output> messages.
    </p>
  )
}

function Room({ name, last = 10 }: { readonly name: string; readonly last?: number | undefined }) {
  const { data: messages, status } = useRealtimeSuspense<ChatMessage>(name, { last })
  return (
    <p>
      The room is {status}: {messages.map(({ data }) => data.text).join(', ') || 'nobody said anything'}.
    </p>
  )
}

function Both({ last }: { readonly last?: number | undefined }) {
  const { topic } = useStory()
  return (
    <Counted>
      <Numbers last={last} />
      <Room name={topic('chat')} last={last} />
    </Counted>
  )
}

/** Two topics, one fallback, and then both at once: nothing flickers in between. */
export const OneFallbackForAll: Story = {
  render: ({ last }) => <Both last={last} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The room is live: nobody said anything.')
    await expect(canvas.getByText(/^The counter is live/)).toBeVisible()
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(1)
  },
}

function Breakable({ children }: { readonly children: ReactNode }) {
  const { id } = useStory()
  return (
    <>
      <p className="row">
        <CutAndMend>
          <button type="button" className="button" onClick={() => void setFaults(id, { websocket: 'silence' })}>
            Let nothing through
          </button>
        </CutAndMend>
      </p>
      {children}
    </>
  )
}

/** The connection drops: what is known stays on the page and says that it is stale. No fallback, neither then nor after. */
export const ADropShowsNoFallback: Story = {
  parameters: { everwire: { transport: 'websocket' } },
  render: ({ last }) => (
    <Breakable>
      <Both last={last} />
    </Breakable>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^The counter is live/)
    await userEvent.click(canvas.getByRole('button', { name: 'Cut' }))
    await canvas.findByText(/^The counter is stale/)
    const before = figureIn(canvasElement, 'count')
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByText(/^The counter is live/)
    await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThan(before))
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(1)
  },
}

function Rooms({ last }: { readonly last?: number | undefined }) {
  const first = useStory().topic('chat')
  const [room, setRoom] = useState(first)
  const [isPending, startTransition] = useTransition()
  const other = room === first ? `${first}-b` : first
  return (
    <>
      <p className="row">
        <button type="button" className="button primary" onClick={() => startTransition(() => setRoom(other))}>
          Go to the other room
        </button>
        <button type="button" className="button" onClick={() => void sayAs('Bob', other, 'welcome')}>
          Let Bob say something there
        </button>
      </p>
      <div aria-busy={isPending}>
        <p>
          {isPending ? 'On the way to the other room' : room === first ? 'In the first room' : 'In the second room'}
        </p>
        <Counted>
          <Room name={room} last={last} />
        </Counted>
      </div>
    </>
  )
}

/** Another topic in a transition: the old room stays on the page until the new one is there, however long that takes. */
export const ATransitionKeepsTheOldTopic: Story = {
  parameters: { everwire: { transport: 'websocket' } },
  render: ({ last }) => (
    <Breakable>
      <Rooms last={last} />
    </Breakable>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The room is live: nobody said anything.')
    await userEvent.click(canvas.getByRole('button', { name: 'Let Bob say something there' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Let nothing through' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Go to the other room' }))
    await canvas.findByText('On the way to the other room')
    await expect(canvas.getByText(/^The room is \w+: nobody said anything\.$/)).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByText('The room is live: welcome.')
    await canvas.findByText('In the second room')
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(1)
  },
}

interface BoundaryProps {
  readonly onRetry: () => void
  readonly children: ReactNode
}

class Boundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null }
  static getDerivedStateFromError = (error: Error) => ({ error })

  readonly retry = () => {
    this.props.onRetry()
    this.setState({ error: null })
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <div role="alert" className="card">
        <p>{error.message}</p>
        <p className="row">
          <button type="button" className="button" onClick={this.retry}>
            Sign in and try again
          </button>
        </p>
      </div>
    )
  }
}

/** The server refuses the token for good: the error boundary shows why, and its button is a second chance. */
export const FinalErrorsGoToTheErrorBoundary: Story = {
  render: ({ last }) => (
    <SignedOut>
      {(signIn) => (
        <Boundary onRetry={signIn}>
          <Counted>
            <Numbers last={last} />
          </Counted>
        </Boundary>
      )}
    </SignedOut>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/did not accept the credentials/)
    await userEvent.click(canvas.getByRole('button', { name: 'Sign in and try again' }))
    await canvas.findByText(/^The counter is live/)
    await expect(canvas.queryByRole('alert')).toBeNull()
  },
}

const total = (topic: string) =>
  live({ topic, name: 'total', initial: 0, reduce: (seen: number) => seen + 1, replay: 20 })

function Total() {
  const { data } = useRealtimeSuspense(total(useStory().topic('counter')))
  return <p>Messages: {data}</p>
}

function Leaving() {
  const [isThere, setThere] = useState(true)
  const client = useRealtimeClient()
  return (
    <>
      <p className="row">
        <button type="button" className="button" onClick={() => setThere(!isThere)}>
          {isThere ? 'Leave the page' : 'Come back'}
        </button>
        <button type="button" className="button" onClick={() => client.disconnect()}>
          Disconnect
        </button>
      </p>
      {isThere ? (
        <Counted>
          <Total />
        </Counted>
      ) : (
        <p>Somewhere else</p>
      )}
    </>
  )
}

/** A state that is still kept needs no fallback, not even without a connection. */
export const WhoComesBackSeesNoFallback: Story = {
  render: () => <Leaving />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Messages: \d/)
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(1)
    await userEvent.click(canvas.getByRole('button', { name: 'Leave the page' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Disconnect' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Come back' }))
    await canvas.findByText(/^Messages: \d/)
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(0)
  },
}
