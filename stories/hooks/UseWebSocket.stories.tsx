import type { Meta, StoryObj } from '@storybook/react-vite'
import { type AnyMessage, skip, useWebSocket, type UseWebSocketOptions } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { CONTROLS, FIXED, WebSocketOptionsTable } from './hook-options.tsx'

/**
 * A WebSocket to a server of any kind, with reconnection and a send that waits. Needs no provider.
 * Shared by URL and options, closed 5 s after the last user.
 */
const meta: Meta<typeof WebSocketOptionsTable> = {
  title: 'Hooks/useWebSocket',
  component: WebSocketOptionsTable,
  argTypes: { last: CONTROLS.last, flush: CONTROLS.flush, select: FIXED, isEqual: FIXED, throwOnError: FIXED },
  args: { last: 20, flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof WebSocketOptionsTable>
type Options = Pick<UseWebSocketOptions, 'last' | 'flush'>

interface RoomMessages {
  readonly connected: { readonly clientId: string }
  readonly joined: unknown
  readonly message: { readonly text: string }
}

function Room({ last = 20, flush = 'frame' }: Options) {
  const [room] = useState(() => crypto.randomUUID())
  const {
    data: messages,
    status,
    send,
    reconnect,
    // A URL of its own: who shares a connection shares what `hello` said on it.
  } = useWebSocket<RoomMessages>(`/tutorial/rooms?${room}`, { last, flush, hello: () => [{ type: 'join', room }] })
  const texts = messages.filter((message) => message.type === 'message').map(({ data }) => data.text)
  const joins = messages.filter(({ type }) => type === 'joined').length
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
        <button type="button" className="button" onClick={reconnect}>
          Reconnect
        </button>
      </p>
      <p>Heard: {texts.join(', ') || 'nothing yet'}</p>
      <p>Joined {joins} times</p>
    </section>
  )
}

/** A server that knows nothing of everwire: JSON with a `type`, a room to join after each connect. */
export const ARoomOfAServerOfAnyKind: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Heard: Hello')
  },
}

/** `hello` is sent first on every open: after a reconnect the room is joined again, and what is said then is heard. */
export const JoinsAgainAfterAReconnect: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Joined 1 times')
    await userEvent.click(canvas.getByRole('button', { name: 'Reconnect' }))
    await canvas.findByText('Joined 2 times')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Heard: Hello')
  },
}

/** Reduced: the id that the server gave to this connection, and how many messages came. */
function Greeted({ name, path }: { readonly name: string; readonly path: string }) {
  const { data } = useWebSocket<{ id: string; count: number }, RoomMessages>(path, {
    initial: { id: 'none', count: 0 },
    reduce: greet,
  })
  return (
    <p>
      {name}: <code data-testid={name}>{data.id}</code>, {data.count} messages
    </p>
  )
}

const greet = ({ id, count }: { id: string; count: number }, message: AnyMessage<RoomMessages>) => ({
  id: message.type === 'connected' ? message.data.clientId : id,
  count: count + 1,
})

function Shared() {
  const [path] = useState(() => `/tutorial/rooms?story=${crypto.randomUUID()}`)
  return (
    <section className="card" aria-label="Shared">
      <Greeted name="one" path={path} />
      <Greeted name="another" path={path} />
      <Greeted name="elsewhere" path={`${path}-b`} />
    </section>
  )
}

/** Components that give the same URL share one connection: the server greeted them once. Another URL is another one. */
export const TheSameUrlIsOneConnection: Story = {
  render: () => <Shared />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const idOf = (name: string) => canvas.getByTestId(name).textContent
    await canvas.findByTestId('one')
    await waitFor(() => expect([idOf('one'), idOf('elsewhere')]).not.toContain('none'))
    await expect(idOf('another')).toBe(idOf('one'))
    await expect(idOf('elsewhere')).not.toBe(idOf('one'))
    await expect(canvas.getAllByText(/, 1 messages$/)).toHaveLength(3)
  },
}

function Early() {
  const [isWanted, setWanted] = useState(false)
  const [room] = useState(() => crypto.randomUUID())
  const [sent, setSent] = useState('nothing')
  const [heard, setHeard] = useState<readonly string[]>([])
  const { status, send } = useWebSocket<RoomMessages>(isWanted ? `/tutorial/rooms?${room}` : skip, {
    hello: () => [{ type: 'join', room }],
    onMessage: (message) => {
      if (message.type === 'message') setHeard((before) => [...before, message.data.text])
    },
  })
  const sendNow = () => {
    // `true`: it went to the socket; `false`: it waits for the connection.
    setSent(send({ type: 'message', room, text: 'Early' }) ? 'written at once' : 'waiting for the connection')
  }
  return (
    <section className="card" aria-label="Early">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button" onClick={() => setWanted(true)} disabled={isWanted}>
          Open
        </button>
        <button type="button" className="button primary" disabled={!isWanted} onClick={sendNow}>
          Send
        </button>
      </p>
      <p>Sent: {sent}</p>
      <p>Heard: {heard.join(', ') || 'nothing yet'}</p>
    </section>
  )
}

/** `skip` opens nothing. `onMessage` hears each message once, without a render of its own. */
export const SkipOpensNothing: Story = {
  render: () => <Early />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: idle')
    await userEvent.click(canvas.getByRole('button', { name: 'Open' }))
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
    await canvas.findByText('Heard: Early')
  },
}

function Nowhere() {
  const { status, error, send } = useWebSocket('/tutorial/nowhere', {
    connectTimeoutMs: 1000,
    retry: { maxRetries: 1, minMs: 50 },
  })
  const [outcome, setOutcome] = useState('nothing')
  const attempt = () => {
    try {
      setOutcome(send({ type: 'message' }) ? 'written' : 'waits')
    } catch (cause) {
      setOutcome(String(cause))
    }
  }
  return (
    <section className="card" aria-label="Nowhere">
      <p>Status: {status}</p>
      <p>{error?.message ?? 'No error so far'}</p>
      <button type="button" className="button" onClick={attempt}>
        Send
      </button>
      <p>The send: {outcome}</p>
    </section>
  )
}

/** Nothing answers there: a send waits while it tries, and after `retry.maxRetries` it gives up and takes none. */
export const GivesUpWhereItIsToldTo: Story = {
  render: () => <Nowhere />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Send' }))
    await canvas.findByText('The send: waits')
    await canvas.findByText('Status: error')
    await expect(canvas.queryByText('No error so far')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
    await canvas.findByText(/^The send: EverwireError/)
  },
}
