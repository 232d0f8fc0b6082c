import type { Meta, StoryObj } from '@storybook/react-vite'
import { useLongPoll } from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { withDemoServer } from '../support/needs-demo-server.tsx'
import { postToTutorial } from '../support/tutorial.ts'

function News() {
  const [topic] = useState(() => crypto.randomUUID())
  const [sent, setSent] = useState(0)
  const { data: messages } = useLongPoll<{ message: number }>(`/tutorial/poll?topic=${topic}`)
  const say = () => {
    void postToTutorial(topic, 'message', sent + 1)
    setSent(sent + 1)
  }
  return (
    <section aria-label="News">
      <button type="button" onClick={say}>
        Publish
      </button>
      <p>Heard: {messages.map(({ data }) => data).join(', ') || 'nothing yet'}</p>
    </section>
  )
}

const meta: Meta = { title: 'Hooks/useLongPoll', decorators: [withDemoServer] }
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
