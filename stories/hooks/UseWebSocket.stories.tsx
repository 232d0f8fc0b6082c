import type { Meta, StoryObj } from '@storybook/react-vite'
import { useWebSocket } from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { WebSocketOptionsTable } from './hook-options.tsx'

interface RoomMessages {
  readonly joined: unknown
  readonly message: { readonly text: string }
}

function Room() {
  const [room] = useState(() => crypto.randomUUID())
  const {
    data: messages,
    status,
    send,
  } = useWebSocket<RoomMessages>('/tutorial/rooms', {
    hello: () => [{ type: 'join', room }],
  })
  const texts = messages.filter((message) => message.type === 'message').map(({ data }) => data.text)
  return (
    <section className="card" aria-label="Room">
      <p>Status: {status}</p>
      <p className="row">
        <button
          type="button"
          className="button primary"
          onClick={() => void send({ type: 'message', room, text: 'Hello' })}
        >
          Say hello
        </button>
      </p>
      <p>Heard: {texts.join(', ') || 'nothing yet'}</p>
    </section>
  )
}

/**
 * A WebSocket to a server of any kind, with reconnection and a send that waits. Needs no provider.
 * Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta = { title: 'Hooks/useWebSocket', component: WebSocketOptionsTable }
export default meta

/** A server that knows nothing of everwire: JSON with a `type`, a room to join after each connect. */
export const ARoomOfAServerOfAnyKind: StoryObj = {
  render: () => <Room />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Heard: Hello')
  },
}
