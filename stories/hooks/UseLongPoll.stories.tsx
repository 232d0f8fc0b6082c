import type { Meta, StoryObj } from '@storybook/react-vite'
import { type Flush, skip, useLongPoll } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import { postToTutorial } from '../support/tutorial.ts'
import { CONTROLS, FIXED, LongPollOptionsTable } from './hook-options.tsx'

/**
 * A long-polled endpoint of any server. Needs no provider. Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta<typeof LongPollOptionsTable> = {
  title: 'Hooks/useLongPoll',
  component: LongPollOptionsTable,
  argTypes: { last: CONTROLS.last, flush: CONTROLS.flush, select: FIXED, isEqual: FIXED, throwOnError: FIXED },
  args: { last: 50, flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof LongPollOptionsTable>

interface Options {
  readonly last?: number
  readonly flush?: Flush
}

function News({ last = 50, flush = 'frame' }: Options) {
  const [topic] = useState(() => crypto.randomUUID())
  const [sent, setSent] = useState(0)
  const [isWanted, setWanted] = useState(true)
  const { data: messages, status } = useLongPoll<{ message: number }>(
    isWanted ? `/tutorial/poll?topic=${topic}` : skip,
    { last, flush },
  )
  const say = () => {
    void postToTutorial(topic, 'message', sent + 1)
    setSent(sent + 1)
  }
  return (
    <section className="card" aria-label="News">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={say}>
          Publish
        </button>
        <button type="button" className="button" onClick={() => setWanted(!isWanted)}>
          {isWanted ? 'Skip' : 'Listen'}
        </button>
      </p>
      <p>Heard: {messages.map(({ data }) => data).join(', ') || 'nothing yet'}</p>
    </section>
  )
}

/** One request in flight, held by the server until there is something to say; each message once and in order. */
export const EachMessageComesOnce: Story = {
  render: (args) => <News {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const publish = await canvas.findByRole('button', { name: 'Publish' })
    await userEvent.click(publish)
    await canvas.findByText('Heard: 1')
    await userEvent.click(publish)
    await canvas.findByText('Heard: 1, 2')
  },
}

/** `last: 2` keeps two messages. */
export const OnlyTheLastMessagesAreKept: Story = {
  args: { last: 2 },
  render: (args) => <News {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const publish = await canvas.findByRole('button', { name: 'Publish' })
    for (let left = 3; left > 0; left--) await userEvent.click(publish)
    await canvas.findByText('Heard: 2, 3')
  },
}

/** `skip` asks for nothing; what was published meanwhile comes when somebody listens again. */
export const WhatWasSkippedComesLater: Story = {
  render: (args) => <News {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const publish = await canvas.findByRole('button', { name: 'Publish' })
    await userEvent.click(canvas.getByRole('button', { name: 'Skip' }))
    await canvas.findByText('Status: idle')
    await userEvent.click(publish)
    await userEvent.click(publish)
    await expect(canvas.getByText('Heard: nothing yet')).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Listen' }))
    await canvas.findByText('Heard: 1, 2')
  },
}

function Sum() {
  const [topic] = useState(() => crypto.randomUUID())
  const { data: sum } = useLongPoll<number, { message: number }, string>(`/tutorial/poll?topic=${topic}`, {
    initial: 0,
    reduce: (total, { data }) => total + data,
    select: (total) => `The sum is ${total}`,
  })
  return (
    <section className="card" aria-label="Sum">
      <button type="button" className="button primary" onClick={() => void postToTutorial(topic, 'message', 20)}>
        Add twenty
      </button>
      <p>{sum}</p>
    </section>
  )
}

/** A state of your own instead of the last messages, and of that what `select` says. */
export const AStateOfYourOwn: Story = {
  render: () => <Sum />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The sum is 0')
    await userEvent.click(canvas.getByRole('button', { name: 'Add twenty' }))
    await canvas.findByText('The sum is 20')
    await userEvent.click(canvas.getByRole('button', { name: 'Add twenty' }))
    await canvas.findByText('The sum is 40')
  },
}

function Refused() {
  const { status, error } = useLongPoll('/faults/nobody', { body: { websocket: 'no such fault' } })
  return (
    <section className="card" aria-label="Refused">
      <p>Status: {status}</p>
      <p>{error?.message ?? 'No error'}</p>
    </section>
  )
}

/** An answer that trying again would not mend (most of 4xx) is final, and says what was expected and what came. */
export const SaysWhatIsFinal: Story = {
  render: () => <Refused />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: error')
    await expect(canvas.getByText(/expected an answer with messages from .*got status 400/)).toBeVisible()
  },
}
