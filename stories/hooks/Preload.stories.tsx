import type { Meta, StoryObj } from '@storybook/react-vite'
import { EverwireError, latest, live, preload, useRealtimeClient, useRealtimeSuspense, windowed } from 'everwire'
import { Suspense, useEffect, useRef, useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { figureIn } from '../support/figures.ts'
import { SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/**
 * `preload(client, definition)` waits until a state is complete, before anything is rendered that needs it: in a route's
 * loader, when the pointer rests on a link, on a server. Several at once are fetched together.
 */
const meta: Meta = { title: 'Hooks/preload' }
export default meta

const counted = (topic: string) =>
  live({ topic, name: 'counted', initial: 0, reduce: (seen: number) => seen + 1, replay: 50 })

function Page({ onFallback }: { readonly onFallback: () => void }) {
  return (
    <Suspense fallback={<Fallback onShown={onFallback} />}>
      <Content />
    </Suspense>
  )
}

function Fallback({ onShown }: { readonly onShown: () => void }) {
  useEffect(onShown, [onShown])
  return <p className="explain">Waiting…</p>
}

function Content() {
  const { topic } = useStory()
  const { data: count } = useRealtimeSuspense(counted(topic('counter')))
  const { data: messages } = useRealtimeSuspense(windowed<ChatMessage>(topic('chat'), 10))
  const { data: newest } = useRealtimeSuspense(latest<Numbered>(topic('counter')))
  return (
    <p>
      The page is there: {count} messages, number {newest?.data.n ?? 'none'}, {messages.length} in the room.
    </p>
  )
}

function Route() {
  const { topic } = useStory()
  const client = useRealtimeClient()
  const [fallbacks, setFallbacks] = useState(0)
  const [{ current: onFallback }] = useState(() => ({ current: () => setFallbacks((before) => before + 1) }))
  const [step, setStep] = useState('nothing preloaded')
  const [isOpen, setOpen] = useState(false)
  const load = async () => {
    setStep('preloading')
    // All at once, and one change of subscriptions.
    const [count] = await Promise.all([
      preload(client, counted(topic('counter'))),
      preload(client, windowed<ChatMessage>(topic('chat'), 10)),
      preload(client, latest<Numbered>(topic('counter'))),
    ])
    setStep(`preloaded, the counter at ${count}`)
  }
  return (
    <section className="card" aria-label="Route">
      <p className="row">
        <button type="button" className="button primary" onClick={() => void load()}>
          Preload
        </button>
        <button type="button" className="button" onClick={() => setOpen(true)}>
          Open the page
        </button>
      </p>
      <p>{step}</p>
      {isOpen && <Page onFallback={onFallback} />}
      <p className="explain">
        Fallbacks so far: <span data-testid="fallbacks">{fallbacks}</span>
      </p>
    </section>
  )
}

/** Three states are fetched together, and the page that reads them one after another shows no fallback. */
export const APreloadedPageShowsNoFallback: StoryObj = {
  render: () => <Route />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Preload' }))
    await canvas.findByText(/^preloaded, the counter at \d+$/)
    await userEvent.click(canvas.getByRole('button', { name: 'Open the page' }))
    await canvas.findByText(/^The page is there/)
    await expect(figureIn(canvasElement, 'fallbacks')).toBe(0)
  },
}

/** Without a preload the page waits when it is opened. */
export const WithoutAPreloadThePageWaits: StoryObj = {
  ...APreloadedPageShowsNoFallback,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Open the page' }))
    await canvas.findByText(/^The page is there/)
    await expect(figureIn(canvasElement, 'fallbacks')).toBeGreaterThan(0)
  },
}

function Impatient() {
  const { topic } = useStory()
  const client = useRealtimeClient()
  const abort = useRef<AbortController>(null)
  const [outcome, setOutcome] = useState('not asked for')
  const load = () => {
    abort.current = new AbortController()
    setOutcome('waiting')
    preload(client, counted(topic('counter')), { signal: abort.current.signal }).then(
      (count) => setOutcome(`complete with ${count}`),
      (error: unknown) => setOutcome(error instanceof EverwireError ? `${error.code}: ${error.message}` : 'unknown'),
    )
  }
  return (
    <section className="card" aria-label="Impatient">
      <p className="row">
        <button type="button" className="button primary" onClick={load}>
          Preload
        </button>
        <button type="button" className="button" onClick={() => abort.current?.abort()}>
          Go elsewhere
        </button>
      </p>
      <p>The state is {outcome}</p>
    </section>
  )
}

/** Whoever goes elsewhere meanwhile aborts it: here nothing ever comes. */
export const WhoGoesElsewhereAbortsIt: StoryObj = {
  parameters: { everwire: { transport: 'websocket', fault: 'silent' } },
  render: () => <Impatient />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Preload' }))
    await canvas.findByText('The state is waiting')
    await userEvent.click(canvas.getByRole('button', { name: 'Go elsewhere' }))
    await canvas.findByText(/^The state is aborted/)
  },
}

/** A connection that fails for good rejects it, so that a loader can go to the sign-in. */
export const RejectsWhereTheConnectionFails: StoryObj = {
  render: () => <SignedOut>{() => <Impatient />}</SignedOut>,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Preload' }))
    await canvas.findByText(/^The state is unauthenticated/)
  },
}
