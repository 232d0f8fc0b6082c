import type { Meta, StoryObj } from '@storybook/react-vite'
import { createClient, plain, RealtimeProvider, useConnection, useRealtime } from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { useStory } from '../support/story.ts'

/**
 * `plain` drives the same ladder against three ordinary endpoints that know nothing of everwire: the demo server has
 * such ones, with nothing but `ws` and `node:http`, at `/tutorial`.
 */
const meta: Meta = { title: 'Recipes/Your own server' }
export default meta

function Room({ room }: { readonly room: string }) {
  const transport = useConnection((connection) => connection.transport)
  const { data: messages, send } = useRealtime<{ text: string }>(room)
  return (
    <section className="card" aria-label="Room">
      <p>Over {transport ?? 'nothing yet'}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={() => void send('message', { text: 'Hello' })}>
          Say hello
        </button>
      </p>
      <ul>{messages.map(({ id, type, data }) => type === 'message' && <li key={id}>{data.text}</li>)}</ul>
    </section>
  )
}

function Own() {
  const { id } = useStory()
  const [client] = useState(() =>
    createClient({
      url: '/tutorial',
      transports: plain({ websocket: 'rooms', sse: 'events', longpoll: 'poll', send: 'send', sharedIds: true }),
      storage: false,
    }),
  )
  return (
    <RealtimeProvider client={client}>
      <Room room={id} />
    </RealtimeProvider>
  )
}

/** The same provider and hooks, and a server of any kind. */
export const SpeaksToAServerOfAnyKind: StoryObj = {
  render: () => <Own />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Over websocket')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Hello')
  },
}
