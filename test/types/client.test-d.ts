import {
  createClient,
  eventStream,
  longPoll,
  type Message,
  plain,
  type RealtimeClient,
  type SendResult,
  webSocket,
} from 'everwire/client'
import { expectTypeOf, test } from 'vitest'

interface Price {
  readonly symbol: string
  readonly price: number
}

const client = createClient({ url: 'https://example.org/realtime' })

test('options are checked', () => {
  expectTypeOf(client).toEqualTypeOf<RealtimeClient>()
  createClient({ url: '/realtime', transports: [webSocket(), eventStream({ padding: 2048 }), longPoll()] })
  createClient({ url: '/api', transports: plain({ websocket: 'rooms', sse: 'events', longpoll: 'poll' }) })
  createClient({ url: '/realtime', auth: async () => 'token', storage: false, ladder: { climb: { minMs: 1000 } } })
  // @ts-expect-error a client needs a server
  createClient({})
  // @ts-expect-error an option that does not exist is a typing error
  createClient({ url: '/realtime', linger: 5 })
  // @ts-expect-error a token is a string
  createClient({ url: '/realtime', auth: () => 5 })
  // @ts-expect-error a transport is made by its function
  createClient({ url: '/realtime', transports: ['websocket'] })
})

test('handlers and streams have the data that is asked for', async () => {
  const off = client.on<Price>('ticker:all', 'price-update', (message) => {
    expectTypeOf(message).toEqualTypeOf<Message<Price>>()
  })
  expectTypeOf(off).toEqualTypeOf<() => void>()
  for await (const message of client.stream<Price>('ticker:all', { replay: 10 })) {
    expectTypeOf(message).toEqualTypeOf<Message<Price>>()
  }
  // @ts-expect-error history is a number of messages, or all
  client.stream('ticker:all', { replay: 'missed' })
  // @ts-expect-error who listens wants messages
  client.listen('ticker:all', {})
})

test('a send is a promise', () => {
  expectTypeOf(client.send('chat:lobby', 'message', { text: 'hello' })).resolves.toEqualTypeOf<SendResult>()
  // @ts-expect-error a message has a type
  void client.send('chat:lobby')
})
