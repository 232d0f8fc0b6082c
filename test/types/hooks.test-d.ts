import {
  type ConnectionSnapshot,
  type EverwireError,
  latest,
  live,
  type LiveStatus,
  type Message,
  type Send,
  type SendResult,
  skip,
  type TransportName,
  useConnection,
  useRealtime,
  useRealtimeEvent,
  useRealtimeSuspense,
  useSend,
  type Verdict,
  windowed,
} from 'everwire'
import { expectTypeOf, test } from 'vitest'

interface Price {
  readonly symbol: string
  readonly price: number
}

type Prices = Readonly<Record<string, number>>

const noPrices: Prices = {}
const prices = live({
  topic: 'ticker:all',
  initial: noPrices,
  reduce: (all, { data }: Message<Price>) => ({ ...all, [data.symbol]: data.price }),
})

test('a topic by its name gives its last messages, which are never undefined', () => {
  const result = useRealtime<Price>('ticker:all', { last: 20 })
  expectTypeOf(result.data).toEqualTypeOf<readonly Message<Price>[]>()
  expectTypeOf(result.status).toEqualTypeOf<LiveStatus>()
  expectTypeOf(result.updatedAt).toBeNumber()
  expectTypeOf(result.reconnect).toEqualTypeOf<() => void>()
  // @ts-expect-error messages are not to be changed
  result.data.push(result.data[0])
  // @ts-expect-error results are not to be changed
  result.data = []
})

test('without a type the data of a message is unknown', () => {
  const { data } = useRealtime('ticker:all')
  expectTypeOf(data).toEqualTypeOf<readonly Message[]>()
  // @ts-expect-error unknown data has no fields
  void data[0]?.data.price
})

test('a status tells whether there is an error', () => {
  const result = useRealtime('ticker:all')
  expectTypeOf(result.error).toEqualTypeOf<EverwireError | null>()
  if (result.status === 'error') expectTypeOf(result.error).toEqualTypeOf<EverwireError>()
  else expectTypeOf(result.error).toBeNull()
  // @ts-expect-error there is no such status
  void (result.status === 'loading')
})

test('a reducer makes the state, and its type is that of `initial`', () => {
  const { data } = useRealtime('ticker:all', {
    initial: 0,
    reduce: (sum: number, message: Message<Price>) => sum + message.data.price,
  })
  expectTypeOf(data).toBeNumber()

  const toText = (sum: number, message: Message<Price>) => `${sum} ${message.data.symbol}`
  // @ts-expect-error a reducer gives the state that it got
  useRealtime<number, Price>('ticker:all', { initial: 0, reduce: toText })
  // @ts-expect-error a reducer needs a state to begin with
  useRealtime('ticker:all', { reduce: (sum: number) => sum + 1 })
})

test('select narrows the data', () => {
  const { data: bySelect } = useRealtime(prices, { select: (all) => Object.keys(all) })
  expectTypeOf(bySelect).toEqualTypeOf<string[]>()
  const { data: ofMessages } = useRealtime('ticker:all', {
    select: (messages: readonly Message<Price>[]) => messages[0],
  })
  expectTypeOf(ofMessages).toEqualTypeOf<Message<Price> | undefined>()

  useRealtime(prices, {
    // @ts-expect-error the state holds numbers
    select: (all) => all['ACME']?.toUpperCase(),
  })
  const isEqual = (a: number, b: number) => a === b
  // @ts-expect-error what is compared is what `select` made
  useRealtime(prices, { select: (all) => Object.keys(all), isEqual })
})

test('select sees what `initial` and `reduce` make, without a word of its type', () => {
  const { data: text } = useRealtime('ticker:all', {
    initial: 0,
    reduce: (sum, { data }: Message<Price>) => sum + data.price,
    select: (sum) => `${sum}`,
  })
  expectTypeOf(text).toEqualTypeOf<string>()
  const { data: list } = useRealtimeSuspense('ticker:all', {
    initial: { sum: 0 },
    reduce: ({ sum }, { data }: Message<Price>) => ({ sum: sum + data.price }),
    select: ({ sum }) => [sum],
    isEqual: (a, b) => a[0] === b[0],
  })
  expectTypeOf(list).toEqualTypeOf<number[]>()
  const { data: count } = useRealtime('ticker:all', { select: (messages) => messages.length })
  expectTypeOf(count).toBeNumber()
  const { data: price } = useRealtime<Price, number | undefined>('ticker:all', {
    select: (messages) => messages[0]?.data.price,
  })
  expectTypeOf(price).toEqualTypeOf<number | undefined>()
  useRealtime('ticker:all', {
    initial: 0,
    reduce: (sum) => sum + 1,
    // @ts-expect-error the state is a number
    select: (sum) => sum.length,
  })
})

test('definitions carry the type of their state', () => {
  expectTypeOf(useRealtime(prices).data).toEqualTypeOf<Prices>()
  expectTypeOf(useRealtime(latest<Price>('ticker:all')).data).toEqualTypeOf<Message<Price> | undefined>()
  expectTypeOf(useRealtime(windowed<Price>('ticker:all', 5)).data).toEqualTypeOf<readonly Message<Price>[]>()

  // @ts-expect-error a definition needs a state to begin with
  live({ topic: 'ticker:all', reduce: (state: number) => state })
  // @ts-expect-error a reducer gives the state that it got
  live<number, Price>({ topic: 'ticker:all', initial: 0, reduce: (_, { data }) => data.symbol })
  // @ts-expect-error a definition has its reducer already
  useRealtime(prices, { initial: {}, reduce: (all: Prices) => all, last: '5' })
})

test('skip has data too', () => {
  expectTypeOf(useRealtime<Price>(skip).data).toEqualTypeOf<readonly Message<Price>[]>()
  const maybe = Math.random() > 0.5 ? prices : skip
  expectTypeOf(useRealtime(maybe, { initial: {} }).data).toEqualTypeOf<Prices>()
  // @ts-expect-error with skip there must be data for the meantime
  useRealtime(maybe)
  // @ts-expect-error a topic that is not known yet is `skip`
  useRealtime(undefined)
})

test('options are checked', () => {
  useRealtime('ticker:all', { flush: 'frame' })
  useRealtime('ticker:all', { flush: 100 })
  useRealtime('ticker:all', { flush: 'sync', throwOnError: (error: EverwireError) => error.code === 'forbidden' })
  // @ts-expect-error there is no such flush
  useRealtime('ticker:all', { flush: 'later' })
  // @ts-expect-error an option that does not exist is a typing error
  useRealtime('ticker:all', { lasst: 5 })
})

test('sending gives a promise of where the message was stored', () => {
  const { send } = useRealtime('chat:lobby')
  expectTypeOf(send).toEqualTypeOf<Send>()
  expectTypeOf(useSend('chat:lobby', { timeoutMs: 1000 })).toEqualTypeOf<Send>()
  expectTypeOf(send('message', { text: 'hello' })).resolves.toEqualTypeOf<SendResult>()
  void send('message', undefined, { key: 'k', signal: new AbortController().signal })
  // @ts-expect-error a message has a type
  void send()
  // @ts-expect-error a type is a string
  void send(5, 'hello')
  // @ts-expect-error an option that does not exist is a typing error
  void send('message', 'hello', { timeout: 1000 })
  // @ts-expect-error one key for all sends would make all of them the same one
  useSend('chat:lobby', { key: 'k' })
  // @ts-expect-error there is nothing to send to
  useSend(skip)
})

test('an event handler gets messages of its type', () => {
  useRealtimeEvent<Price>('ticker:all', 'price-update', (message) => {
    expectTypeOf(message).toEqualTypeOf<Message<Price>>()
  })
  useRealtimeEvent('ticker:all', '*', ({ data, id, replayed }) => {
    expectTypeOf(data).toBeUnknown()
    expectTypeOf(id).toBeString()
    expectTypeOf(replayed).toBeBoolean()
  })
  useRealtimeEvent(skip, 'price-update', () => {}, { replay: { last: 5 }, enabled: false })
  expectTypeOf(useRealtimeEvent('ticker:all', '*', () => {})).toBeVoid()
  // @ts-expect-error the data is what the handler says
  useRealtimeEvent<Price>('ticker:all', 'price-update', ({ data }) => data.name)
  // @ts-expect-error there is no such replay
  useRealtimeEvent('ticker:all', '*', () => {}, { replay: 'all' })
  // @ts-expect-error without a handler there is nothing to do
  useRealtimeEvent('ticker:all', '*')
})

test('a connection says by its status what else it has', () => {
  const connection = useConnection()
  expectTypeOf(connection).toEqualTypeOf<ConnectionSnapshot>()
  expectTypeOf(connection.trail).toEqualTypeOf<readonly Verdict[]>()
  if (connection.status === 'open') {
    expectTypeOf(connection.transport).toEqualTypeOf<TransportName>()
    expectTypeOf(connection.latency).toEqualTypeOf<number | null>()
    expectTypeOf(connection.error).toBeNull()
  } else {
    expectTypeOf(connection.transport).toBeNull()
    // @ts-expect-error only an open connection has a latency
    void connection.latency
  }
  if (connection.status === 'reconnecting') {
    expectTypeOf(connection.retryAt).toEqualTypeOf<number | null>()
    expectTypeOf(connection.error).toEqualTypeOf<EverwireError>()
  }
  if (connection.status === 'suspended') expectTypeOf(connection.reason).toEqualTypeOf<'manual' | 'hidden' | 'frozen'>()
  // @ts-expect-error there is no such status
  void (connection.status === 'connected')
})

test('a selection of the connection has its own type', () => {
  expectTypeOf(useConnection(({ transport }) => transport)).toEqualTypeOf<TransportName | null>()
  expectTypeOf(
    useConnection(
      ({ trail }) => trail.map(({ reason }) => reason),
      (a, b) => a.join() === b.join(),
    ),
  ).toEqualTypeOf<Verdict['reason'][]>()
  const isEqual = (a: number, b: number) => a === b
  // @ts-expect-error what is compared is what was selected
  useConnection(({ transport }) => transport, isEqual)
})
