import {
  type AnyMessage,
  createEventStreamClient,
  createWebSocketClient,
  type EndpointMessage,
  type LiveStatus,
  skip,
  useEventStream,
  useLongPoll,
  useWebSocket,
} from 'everwire'
import { expectTypeOf, test } from 'vitest'

interface ChatMessage {
  readonly name: string
  readonly text: string
}

/** What the server of these tests says. An interface will do. */
interface Room {
  message: ChatMessage
  joined: string
}

test('a map of types makes a union of messages that `type` takes apart', () => {
  const { data, status, send } = useWebSocket<Room>('/rooms')
  expectTypeOf(data).toEqualTypeOf<readonly AnyMessage<Room>[]>()
  expectTypeOf(status).toEqualTypeOf<LiveStatus>()
  expectTypeOf(send).toEqualTypeOf<(message: unknown) => boolean>()
  for (const message of data) {
    if (message.type === 'message') expectTypeOf(message.data).toEqualTypeOf<ChatMessage>()
    else expectTypeOf(message.data).toEqualTypeOf<string>()
    // @ts-expect-error the server never says this
    void (message.type === 'left')
    // @ts-expect-error only some messages have a text
    void message.data.text
  }
})

test('without a map of types the data is unknown', () => {
  const { data } = useWebSocket('/rooms')
  expectTypeOf(data).toEqualTypeOf<readonly EndpointMessage[]>()
  // @ts-expect-error unknown data has no fields
  void data[0]?.data.text
})

test('only a WebSocket sends', () => {
  // @ts-expect-error an event stream goes one way
  void useEventStream<Room>('/events').send
  // @ts-expect-error so does a long poll
  void useLongPoll<Room>('/poll').send
})

test('handlers and reducers get the messages of the map', () => {
  useEventStream<Room>('/events', {
    onMessage: (message) => expectTypeOf(message).toEqualTypeOf<AnyMessage<Room>>(),
  })
  const { data } = useLongPoll<number, Room>('/poll', {
    initial: 0,
    reduce: (total, message) => (message.type === 'message' ? total + message.data.text.length : total),
  })
  expectTypeOf(data).toBeNumber()
  const { data: selected } = useWebSocket<number, Room, string>('/rooms', {
    initial: 0,
    reduce: (total) => total + 1,
    select: (total) => `${total} messages`,
  })
  expectTypeOf(selected).toBeString()

  useLongPoll<number, Room>('/poll', {
    initial: 0,
    // @ts-expect-error a reducer gives the state that it got
    reduce: (total, message) => message.type,
  })
  // @ts-expect-error a reducer needs a state to begin with
  useWebSocket('/rooms', { reduce: (total: number) => total + 1 })
})

test('each hook takes the options of its client, without those that a component decides by being there', () => {
  useWebSocket(skip)
  useWebSocket(() => Promise.resolve('wss://example.org/rooms'), { ping: { intervalMs: 1000 }, protocols: 'chat' })
  useEventStream(new URL('https://example.org/events'), { method: 'POST', body: '{}' })
  // @ts-expect-error a component opens by being there
  useWebSocket('/rooms', { autoConnect: false })
  // @ts-expect-error and closes by going
  useEventStream('/events', { signal: new AbortController().signal })
  // @ts-expect-error a ping is of WebSockets
  useLongPoll('/poll', { ping: {} })
  // @ts-expect-error a URL that is not known yet is `skip`
  useWebSocket(null)
})

test('clients give their handlers the data of the type', () => {
  const socket = createWebSocketClient<Room>('wss://example.org/rooms')
  socket.on('message', (message) => expectTypeOf(message.data).toEqualTypeOf<ChatMessage>())
  socket.on('*', (message) => expectTypeOf(message).toEqualTypeOf<AnyMessage<Room>>())
  // @ts-expect-error the server never says this
  socket.on('left', () => {})
  const stream = createEventStreamClient('https://example.org/events')
  stream.on('anything', ({ data }) => expectTypeOf(data).toBeUnknown())
  // @ts-expect-error an event stream goes one way
  void stream.send
})
