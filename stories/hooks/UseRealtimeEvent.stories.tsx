import type { Meta, StoryObj } from '@storybook/react-vite'
import { type RealtimeEventOptions, useRealtime, useRealtimeEvent } from 'everwire'
import { Activity, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { setRate } from '../support/faults.ts'
import { figureIn } from '../support/figures.ts'
import { useStory } from '../support/story.ts'
import { CONTROLS, UseRealtimeEventOptions } from './hook-options.tsx'

/** Events: a plain inline function hears each message exactly once, in order. Renders nothing by itself. */
const meta: Meta<typeof UseRealtimeEventOptions> = {
  title: 'Hooks/useRealtimeEvent',
  component: UseRealtimeEventOptions,
  argTypes: { replay: CONTROLS.replay },
  args: { replay: 'none', enabled: true },
}
export default meta
type Story = StoryObj<typeof UseRealtimeEventOptions>

function Listener({ replay = 'none', enabled = true }: RealtimeEventOptions) {
  const story = useStory()
  const topic = story.topic('counter')
  const [heard, setHeard] = useState({ first: 0, latest: 0, count: 0, breaks: 0 })
  const [isOn, setOn] = useState(true)
  useRealtimeEvent<Numbered>(
    topic,
    'count',
    ({ data: { n } }) =>
      setHeard(({ first, latest, count, breaks }) => ({
        first: first || n,
        latest: n,
        count: count + 1,
        breaks: breaks + (latest !== 0 && n !== latest + 1 ? 1 : 0),
      })),
    { enabled: enabled && isOn, replay },
  )
  return (
    <section className="card" aria-label="Listener">
      <p className="row">
        <button type="button" className="button" onClick={() => setOn(!isOn)}>
          {isOn ? 'Stop listening' : 'Listen'}
        </button>
        <button type="button" className="button" onClick={() => void setRate(story.id, 500)}>
          500 a second
        </button>
      </p>
      <dl className="facts">
        <dt>Heard</dt>
        <dd data-testid="count">{heard.count}</dd>
        <dt>First</dt>
        <dd data-testid="first">{heard.first}</dd>
        <dt>Latest</dt>
        <dd data-testid="latest">{heard.latest}</dd>
        <dt>Not the number after the one before</dt>
        <dd data-testid="breaks">{heard.breaks}</dd>
      </dl>
    </section>
  )
}

/** Five hundred a second, and the handler sees each number after the one before. */
export const EachMessageExactlyOnceAndInOrder: Story = {
  parameters: { everwire: { onDemand: true } },
  render: (args) => <Listener {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '500 a second' }))
    await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThan(400))
    await expect(figureIn(canvasElement, 'breaks')).toBe(0)
    await expect(figureIn(canvasElement, 'latest') - figureIn(canvasElement, 'first')).toBe(
      figureIn(canvasElement, 'count') - 1,
    )
  },
}

/** `enabled: false` hears nothing, and costs nothing. */
export const HearsNothingWhileDisabled: Story = {
  render: (args) => <Listener {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('button', { name: 'Stop listening' })
    await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThan(3))
    await userEvent.click(canvas.getByRole('button', { name: 'Stop listening' }))
    const before = figureIn(canvasElement, 'count')
    await userEvent.click(canvas.getByRole('button', { name: '500 a second' }))
    await expect(figureIn(canvasElement, 'count')).toBe(before)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen' }))
    await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThan(before + 50))
  },
}

function JoinedLate(options: RealtimeEventOptions) {
  const { data: total } = useRealtime(useStory().topic('counter'), {
    initial: 0,
    reduce: (count: number) => count + 1,
    last: 0,
  })
  const [isThere, setThere] = useState(false)
  return (
    <>
      <p>
        Published so far: <span data-testid="published">{total}</span>
      </p>
      {isThere ? (
        <Listener {...options} />
      ) : (
        <button type="button" className="button" onClick={() => setThere(true)}>
          Join now
        </button>
      )}
    </>
  )
}

/** With `replay: { last: 10 }` the handler first hears the ten messages before it came. */
export const ReplaysTheLastTen: Story = {
  args: { replay: { last: 10 } },
  render: (args) => <JoinedLate {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByTestId('published')
    await waitFor(() => expect(figureIn(canvasElement, 'published')).toBeGreaterThan(15))
    const before = figureIn(canvasElement, 'published')
    await userEvent.click(canvas.getByRole('button', { name: 'Join now' }))
    await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThanOrEqual(10))
    // Ten back from where it joined: past the beginning, which has number 1.
    await expect(figureIn(canvasElement, 'first')).toBeGreaterThan(before - 10)
    await expect(figureIn(canvasElement, 'breaks')).toBe(0)
  },
}

function Tabs(options: RealtimeEventOptions) {
  const [isShown, setShown] = useState(true)
  const { data: newest } = useRealtime(useStory().topic('counter'), {
    initial: 0,
    reduce: (_: number, { data }) => (data as Numbered).n,
    last: 1,
  })
  return (
    <>
      <p className="row">
        <button type="button" className="button primary" onClick={() => setShown(!isShown)}>
          {isShown ? 'Hide the listener' : 'Show the listener'}
        </button>
      </p>
      <p>
        The counter is at <span data-testid="newest">{newest}</span>
      </p>
      <Activity mode={isShown ? 'visible' : 'hidden'}>
        <Listener {...options} />
      </Activity>
    </>
  )
}

async function hideForAWhile(canvasElement: HTMLElement) {
  const canvas = within(canvasElement)
  await canvas.findByTestId('count')
  await waitFor(() => expect(figureIn(canvasElement, 'count')).toBeGreaterThan(3))
  await userEvent.click(canvas.getByRole('button', { name: 'Hide the listener' }))
  const before = figureIn(canvasElement, 'newest')
  await waitFor(() => expect(figureIn(canvasElement, 'newest')).toBeGreaterThan(before + 10))
  await userEvent.click(canvas.getByRole('button', { name: 'Show the listener' }))
  const after = figureIn(canvasElement, 'newest')
  await waitFor(() => expect(figureIn(canvasElement, 'latest')).toBeGreaterThan(after))
}

/** Hidden by `<Activity>` it hears nothing. With `replay: 'missed'` it first hears what came meanwhile: no number is left out. */
export const HearsWhatItMissedWhileHidden: Story = {
  args: { replay: 'missed' },
  render: (args) => <Tabs {...args} />,
  async play({ canvasElement }) {
    await hideForAWhile(canvasElement)
    await expect(figureIn(canvasElement, 'breaks')).toBe(0)
  },
}

/** Without it the listener goes on with what comes from now on. */
export const GoesOnFromNowAfterBeingHidden: Story = {
  args: { replay: 'none' },
  render: (args) => <Tabs {...args} />,
  async play({ canvasElement }) {
    await hideForAWhile(canvasElement)
    await expect(figureIn(canvasElement, 'breaks')).toBe(1)
  },
}
