import type { Meta, StoryObj } from '@storybook/react-vite'
import { type EventLogOptions, type LogEntry, useEventLog } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { setFaults, setRate } from '../support/faults.ts'
import { figureIn } from '../support/figures.ts'
import { useStory } from '../support/story.ts'
import { FIXED, UseEventLogOptions } from './hook-options.tsx'

/**
 * A bounded log of what happens: messages, resets, the life of topics, changes of transport and verdicts. Rendered at
 * most once a frame, and collected as long as the component is there. `EventLog` of `everwire/components` is a list of it.
 */
const meta: Meta<typeof UseEventLogOptions> = {
  title: 'Hooks/useEventLog',
  component: UseEventLogOptions,
  argTypes: { limit: { control: { type: 'number', min: 1, max: 500 } }, topics: FIXED, filter: FIXED },
  args: { limit: 200 },
}
export default meta
type Story = StoryObj<typeof UseEventLogOptions>

function say(entry: LogEntry): string {
  switch (entry.kind) {
    case 'message':
      return `message ${entry.message.type} ${(entry.message.data as Numbered).n}`
    case 'reset':
      return `reset: ${entry.reset.why}`
    case 'topic':
      return `topic is ${entry.status}`
    case 'connection':
      return `connection is ${entry.connection.status}${entry.connection.transport ? ` over ${entry.connection.transport}` : ''}`
    case 'verdict':
      return `verdict: ${entry.verdict.transport} ${entry.verdict.reason}`
  }
}

const isNoMessage = ({ kind }: LogEntry) => kind !== 'message'

function Log({ limit }: Pick<EventLogOptions, 'limit'>) {
  const { id, topic } = useStory()
  const [isQuiet, setQuiet] = useState(false)
  const { entries, dropped, paused, waiting, pause, resume, clear } = useEventLog({
    topics: topic('counter'),
    ...(limit !== undefined && { limit }),
    ...(isQuiet && { filter: isNoMessage }),
  })
  return (
    <section className="card" aria-label="Log">
      <p className="row">
        <button type="button" className="button" onClick={paused ? resume : pause}>
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" className="button" onClick={clear}>
          Clear
        </button>
        <button type="button" className="button" aria-pressed={isQuiet} onClick={() => setQuiet(!isQuiet)}>
          Without messages
        </button>
        <button type="button" className="button" onClick={() => void setRate(id, 200)}>
          200 a second
        </button>
        <button type="button" className="button" onClick={() => void setFaults(id, { websocket: 'refuse' })}>
          Refuse the WebSocket
        </button>
      </p>
      <dl className="facts">
        <dt>Entries</dt>
        <dd data-testid="entries">{entries.length}</dd>
        <dt>Older ones dropped</dt>
        <dd data-testid="dropped">{dropped}</dd>
        <dt>Waiting while paused</dt>
        <dd data-testid="waiting">{waiting}</dd>
        <dt>First in the log</dt>
        <dd data-testid="first">{entries[0]?.id ?? 'none'}</dd>
      </dl>
      <ol aria-label="The last twelve">
        {entries.slice(-12).map((entry) => (
          <li key={entry.id}>
            <code>{say(entry)}</code>
          </li>
        ))}
      </ol>
    </section>
  )
}

const lines = (canvasElement: HTMLElement) =>
  within(canvasElement)
    .queryAllByRole('listitem')
    .map(({ textContent }) => textContent)

const press = (canvasElement: HTMLElement, name: string) =>
  userEvent.click(within(canvasElement).getByRole('button', { name }))

const flows = async (canvasElement: HTMLElement) => {
  await within(canvasElement).findByTestId('entries')
  await waitFor(() => expect(figureIn(canvasElement, 'entries')).toBeGreaterThan(5))
}

/** A fallback, step by step: the connection is lost, another transport carries on, and the verdict says why. */
export const TellsTheStepsOfAFallback: Story = {
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    await flows(canvasElement)
    await press(canvasElement, 'Without messages')
    await waitFor(() => expect(lines(canvasElement)).toContain('connection is open over websocket'))
    await press(canvasElement, 'Refuse the WebSocket')
    await waitFor(() => expect(lines(canvasElement)).toContain('connection is open over sse'))
    await waitFor(() => expect(lines(canvasElement)).toContain('verdict: websocket refused'))
    const told = lines(canvasElement)
    await expect(told.indexOf('connection is reconnecting')).toBeGreaterThan(-1)
    await expect(told.indexOf('connection is open over sse')).toBeGreaterThan(
      told.indexOf('connection is reconnecting'),
    )
    await expect(told.filter((line) => line.startsWith('message'))).toEqual([])
  },
}

/** Paused, what is shown stands still, and what comes meanwhile is counted; going on shows all of it. */
export const StandsStillWhilePaused: Story = {
  ...TellsTheStepsOfAFallback,
  async play({ canvasElement }) {
    await flows(canvasElement)
    await press(canvasElement, 'Pause')
    const before = lines(canvasElement)
    const count = figureIn(canvasElement, 'entries')
    await waitFor(() => expect(figureIn(canvasElement, 'waiting')).toBeGreaterThan(10))
    await expect(lines(canvasElement)).toEqual(before)
    await press(canvasElement, 'Go on')
    await waitFor(() => expect(figureIn(canvasElement, 'entries')).toBeGreaterThan(count + 10))
    await expect(figureIn(canvasElement, 'waiting')).toBe(0)
  },
}

/** The filter may change at any time: it chooses among what is kept, and what it hid comes back. */
export const TheFilterHidesAndForgetsNothing: Story = {
  ...TellsTheStepsOfAFallback,
  async play({ canvasElement }) {
    await flows(canvasElement)
    await press(canvasElement, 'Pause')
    const all = figureIn(canvasElement, 'entries')
    await press(canvasElement, 'Without messages')
    await waitFor(() => expect(figureIn(canvasElement, 'entries')).toBeLessThan(all))
    await press(canvasElement, 'Without messages')
    await waitFor(() => expect(figureIn(canvasElement, 'entries')).toBe(all))
  },
}

/** Cleared, it begins anew with what comes next. */
export const ForgetsAllWhenCleared: Story = {
  ...TellsTheStepsOfAFallback,
  async play({ canvasElement }) {
    await flows(canvasElement)
    await expect(figureIn(canvasElement, 'first')).toBe(0)
    await press(canvasElement, 'Clear')
    await waitFor(() => expect(figureIn(canvasElement, 'first')).toBeGreaterThan(5))
    await expect(figureIn(canvasElement, 'dropped')).toBe(0)
  },
}

/** It keeps the last `limit` entries, and counts those that it dropped. */
export const KeepsOnlyTheLast: Story = {
  ...TellsTheStepsOfAFallback,
  args: { limit: 20 },
  async play({ canvasElement }) {
    await flows(canvasElement)
    await press(canvasElement, '200 a second')
    await waitFor(() => expect(figureIn(canvasElement, 'dropped')).toBeGreaterThan(100))
    await expect(figureIn(canvasElement, 'entries')).toBe(20)
  },
}
