import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtime, useRealtimeEvent } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { setRate } from '../support/faults.ts'
import { useStory } from '../support/story.ts'
import { UseRealtimeEventOptions } from './hook-options.tsx'

/** Events: a plain inline function hears each message exactly once, in order. Renders nothing by itself. */
const meta: Meta = { title: 'Hooks/useRealtimeEvent', component: UseRealtimeEventOptions }
export default meta

function Listener({ last }: { readonly last: number }) {
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
    { enabled: isOn, replay: { last } },
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

const figure = (canvasElement: HTMLElement, name: string) => Number(within(canvasElement).getByTestId(name).textContent)

/** Five hundred a second, and the handler sees each number after the one before. */
export const EachMessageExactlyOnceAndInOrder: StoryObj = {
  parameters: { everwire: { onDemand: true } },
  render: () => <Listener last={0} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '500 a second' }))
    await waitFor(() => expect(figure(canvasElement, 'count')).toBeGreaterThan(400))
    await expect(figure(canvasElement, 'breaks')).toBe(0)
    await expect(figure(canvasElement, 'latest') - figure(canvasElement, 'first')).toBe(
      figure(canvasElement, 'count') - 1,
    )
  },
}

/** `enabled: false` hears nothing, and costs nothing. */
export const HearsNothingWhileDisabled: StoryObj = {
  render: () => <Listener last={0} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('button', { name: 'Stop listening' })
    await waitFor(() => expect(figure(canvasElement, 'count')).toBeGreaterThan(3))
    await userEvent.click(canvas.getByRole('button', { name: 'Stop listening' }))
    const before = figure(canvasElement, 'count')
    await userEvent.click(canvas.getByRole('button', { name: '500 a second' }))
    await expect(figure(canvasElement, 'count')).toBe(before)
    await userEvent.click(canvas.getByRole('button', { name: 'Listen' }))
    await waitFor(() => expect(figure(canvasElement, 'count')).toBeGreaterThan(before + 50))
  },
}

function JoinedLate() {
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
        <Listener last={10} />
      ) : (
        <button type="button" className="button" onClick={() => setThere(true)}>
          Join now
        </button>
      )}
    </>
  )
}

/** With `replay: { last: 10 }` the handler first hears the ten messages before it came. */
export const ReplaysTheLastTen: StoryObj = {
  render: () => <JoinedLate />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByTestId('published')
    await waitFor(() => expect(figure(canvasElement, 'published')).toBeGreaterThan(15))
    const before = figure(canvasElement, 'published')
    await userEvent.click(canvas.getByRole('button', { name: 'Join now' }))
    await waitFor(() => expect(figure(canvasElement, 'count')).toBeGreaterThanOrEqual(10))
    // Ten back from where it joined: past the beginning, which has number 1.
    await expect(figure(canvasElement, 'first')).toBeGreaterThan(before - 10)
    await expect(figure(canvasElement, 'breaks')).toBe(0)
  },
}
