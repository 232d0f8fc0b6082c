import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtime } from 'everwire'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { withDemoServer } from '../support/needs-demo-server.tsx'
import { WithClient } from '../support/with-client.tsx'

interface ChatMessage {
  readonly name: string
  readonly text: string
}

function Room({ topic }: { readonly topic: string }) {
  const { data: messages, status, send } = useRealtime<ChatMessage>(topic, { last: 20 })
  return (
    <section aria-label="Room">
      <p>Status: {status}</p>
      <button type="button" onClick={() => void send('message', { name: 'Ann', text: 'Hello' })}>
        Say hello
      </button>
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

function Counter({ topic }: { readonly topic: string }) {
  const { data: total } = useRealtime(topic, { initial: 0, reduce: (count: number) => count + 1, last: 0 })
  return <output aria-label="Messages counted">{total}</output>
}

const meta: Meta = { title: 'Hooks/useRealtime', decorators: [withDemoServer] }
export default meta

/** The sender sees the message as everybody else does: when the server has stored it. */
export const ASentMessageComesBack: StoryObj = {
  render: () => <WithClient>{(clientId) => <Room topic={`chat:${clientId}`} />}</WithClient>,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live', {}, { timeout: 5000 })
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello')
  },
}

/** With `reduce`, the state is what you make of the messages; each is counted once, however few renders there are. */
export const EveryMessageIsReducedOnce: StoryObj = {
  render: () => <WithClient>{(clientId) => <Counter topic={`counter:${clientId}`} />}</WithClient>,
  async play({ canvasElement }) {
    const output = await within(canvasElement).findByLabelText('Messages counted')
    await waitFor(() => expect(Number(output.textContent)).toBeGreaterThan(10), { timeout: 5000 })
  },
}
