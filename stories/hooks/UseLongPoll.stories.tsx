import type { Meta, StoryObj } from '@storybook/react-vite'
import { useLongPoll } from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { postToTutorial } from '../support/tutorial.ts'
import { LongPollOptionsTable } from './hook-options.tsx'

function News() {
  const [topic] = useState(() => crypto.randomUUID())
  const [sent, setSent] = useState(0)
  const { data: messages } = useLongPoll<{ message: number }>(`/tutorial/poll?topic=${topic}`)
  const say = () => {
    void postToTutorial(topic, 'message', sent + 1)
    setSent(sent + 1)
  }
  return (
    <section className="card" aria-label="News">
      <p className="row">
        <button type="button" className="button primary" onClick={say}>
          Publish
        </button>
      </p>
      <p>Heard: {messages.map(({ data }) => data).join(', ') || 'nothing yet'}</p>
    </section>
  )
}

/**
 * A long-polled endpoint of any server. Needs no provider. Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta = { title: 'Hooks/useLongPoll', component: LongPollOptionsTable }
export default meta

/** One request in flight, held by the server until there is something to say; each message once and in order. */
export const EachMessageComesOnce: StoryObj = {
  render: () => <News />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const publish = await canvas.findByRole('button', { name: 'Publish' })
    await userEvent.click(publish)
    await canvas.findByText('Heard: 1')
    await userEvent.click(publish)
    await canvas.findByText('Heard: 1, 2')
  },
}
