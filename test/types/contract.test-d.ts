import { type } from 'arktype'
import {
  defineContract,
  latest,
  live,
  type Message,
  type MessageOf,
  type Send,
  type SendResult,
  skip,
  type StandardSchema,
  type TypedMessage,
  useRealtime,
  useRealtimeEvent,
  useRealtimeSuspense,
  useSend,
  windowed,
} from 'everwire'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const Text = z.object({ text: z.string(), at: z.string().transform((text) => new Date(text)) })
const Moved = v.object({ x: v.number(), y: v.number() })
const Price = type({ price: 'number' })

const contract = defineContract({
  'typed/lobby': { events: { message: Text } },
  'typed/room/:id': { events: { message: Text, moved: Moved }, sends: { message: Text, leave: z.undefined() } },
  'typed-ticker::symbol': { events: { price: Price }, sends: {} },
})

declare module 'everwire' {
  interface Register {
    contract: typeof contract
  }
}

interface Arrived {
  text: string
  at: Date
}
type RoomMessage = TypedMessage<'message', Arrived> | TypedMessage<'moved', { x: number; y: number }>

test('the name of a topic is made of its parameters', () => {
  const room = contract.topic('typed/room/:id', { id: 5 })
  expectTypeOf(room).toExtend<`typed/room/${string}`>()
  expectTypeOf<MessageOf<typeof room>>().toEqualTypeOf<RoomMessage>()
  contract.topic('typed-ticker::symbol', { symbol: 'ACME' })
  contract.topic('typed/lobby')
  // @ts-expect-error a parameter is missing
  contract.topic('typed/room/:id')
  // @ts-expect-error there is no such parameter
  contract.topic('typed/room/:id', { room: 5 })
  // @ts-expect-error a parameter is a text or a number
  contract.topic('typed/room/:id', { id: true })
  // @ts-expect-error this topic has no parameters
  contract.topic('typed/lobby', { id: 5 })
  // @ts-expect-error the contract has no such topic
  contract.topic('typed/hall')
})

test('a contract holds schemas of any library that follows the standard', () => {
  const own: StandardSchema<string, number> = {
    '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value: Number(value) }) },
  }
  const mixed = defineContract({ mixed: { events: { zod: z.string(), valibot: Moved, arktype: Price, own } } })
  const { data } = useRealtime(mixed.topic('mixed'))
  const [message] = data
  if (message?.type === 'own') expectTypeOf(message.data).toEqualTypeOf<number>()
  if (message?.type === 'arktype') expectTypeOf(message.data).toEqualTypeOf<{ price: number }>()
  // @ts-expect-error a schema is not a type's name
  defineContract({ wrong: { events: { message: 'string' } } })
  // @ts-expect-error a topic says which events it has
  defineContract({ wrong: {} })
})

test('types come with a topic that the contract made, and with a name in the registered contract', () => {
  const made = useRealtime(contract.topic('typed/room/:id', { id: 5 }), { last: 20 })
  expectTypeOf(made.data).toEqualTypeOf<readonly RoomMessage[]>()
  const id = String(Math.random())
  const named = useRealtime(`typed/room/${id}`)
  expectTypeOf(named.data).toEqualTypeOf<readonly RoomMessage[]>()
  expectTypeOf(useRealtime('typed/lobby').data).toEqualTypeOf<readonly TypedMessage<'message', Arrived>[]>()
  expectTypeOf(useRealtime('typed-ticker:ACME').data).toEqualTypeOf<
    readonly TypedMessage<'price', { price: number }>[]
  >()
  const maybe = Math.random() > 0.5 ? contract.topic('typed/lobby') : skip
  expectTypeOf(useRealtime(maybe).data).toEqualTypeOf<readonly TypedMessage<'message', Arrived>[]>()
})

test('selections and reducers get what the contract says', () => {
  const { data: texts } = useRealtime('typed/lobby', { select: (messages) => messages.map(({ data }) => data.text) })
  expectTypeOf(texts).toEqualTypeOf<string[]>()
  const { data: far } = useRealtime('typed/room/5', {
    initial: 0,
    reduce: (sum: number, message) => (message.type === 'moved' ? sum + message.data.x : sum),
  })
  expectTypeOf(far).toEqualTypeOf<number>()
  useRealtime('typed/lobby', {
    // @ts-expect-error this topic has no such data
    select: (messages) => messages.map(({ data }) => data.price),
  })
  const ofPrices = (sum: number, message: Message<{ price: number }>) => sum + message.data.price
  // @ts-expect-error what arrives is not a price
  useRealtime('typed/lobby', { initial: 0, reduce: ofPrices })
})

test('reducers get it beside other options too, whether they take the message apart or not', () => {
  const { data: far } = useRealtime('typed-ticker:ACME', {
    initial: 0,
    reduce: (sum: number, { data }) => sum + data.price,
    last: 10,
    select: (sum) => `${sum}`,
  })
  expectTypeOf(far).toEqualTypeOf<string>()
  const { data: price } = useRealtimeSuspense(contract.topic('typed-ticker::symbol', { symbol: 'ACME' }), {
    initial: 0,
    reduce: (_: number, { data }) => data.price,
    last: 1,
  })
  expectTypeOf(price).toEqualTypeOf<number>()
  useRealtime('unknown', {
    initial: '',
    reduce: (_: string, { type, data }) => {
      expectTypeOf(data).toEqualTypeOf<unknown>()
      return type
    },
    last: 1,
  })
})

test('definitions get it too', () => {
  const room = contract.topic('typed/room/:id', { id: 5 })
  expectTypeOf(useRealtime(latest(room)).data).toEqualTypeOf<RoomMessage | undefined>()
  expectTypeOf(useRealtime(windowed('typed/room/5', 3)).data).toEqualTypeOf<readonly RoomMessage[]>()
  const total = live({
    topic: 'typed-ticker:ACME',
    initial: 0,
    reduce: (sum: number, { data }) => sum + data.price,
  })
  expectTypeOf(useRealtime(total).data).toEqualTypeOf<number>()
  live({
    topic: 'typed-ticker:ACME',
    initial: 0,
    // @ts-expect-error a price has no text
    reduce: (sum: number, { data }) => sum + data.text.length,
  })
})

test('handlers get the messages of their type', () => {
  useRealtimeEvent('typed/room/5', 'moved', ({ type: name, data }) => {
    expectTypeOf(name).toEqualTypeOf<'moved'>()
    expectTypeOf(data).toEqualTypeOf<{ x: number; y: number }>()
  })
  useRealtimeEvent(contract.topic('typed/lobby'), 'message', ({ data }) => expectTypeOf(data).toEqualTypeOf<Arrived>())
  useRealtimeEvent('typed/room/5', '*', (message) => expectTypeOf(message).toEqualTypeOf<RoomMessage>())
  // @ts-expect-error this topic has no such messages
  useRealtimeEvent('typed/lobby', 'moved', () => {})
  // @ts-expect-error nor has the one that the contract made
  useRealtimeEvent(contract.topic('typed/lobby'), 'moved', () => {})
  // @ts-expect-error what arrives is not a price
  useRealtimeEvent('typed/lobby', 'message', ({ data }) => data.price)
})

test('only what the contract allows can be sent, as the schema takes it', async () => {
  const send = useSend('typed/room/5', { timeoutMs: 1000 })
  expectTypeOf(send('message', { text: 'hello', at: '2026-01-01' })).resolves.toEqualTypeOf<SendResult>()
  await send('leave')
  await send('leave', undefined, { key: 'k' })
  // @ts-expect-error what arrives as a date is sent as a text
  await send('message', { text: 'hello', at: new Date() })
  // @ts-expect-error a message needs its data
  await send('message')
  // @ts-expect-error it may arrive, it may not be sent
  await send('moved', { x: 1, y: 2 })
  const { send: sendHere } = useRealtime('typed/lobby')
  await sendHere('message', { text: 'hello', at: '2026-01-01' })
  // @ts-expect-error the events are what may be sent
  await sendHere('other', {})
  // @ts-expect-error nothing may be sent here
  await useSend('typed-ticker:ACME')('price', { price: 1 })
})

test('topics that no contract knows need none', () => {
  const name: string = 'whatever'
  expectTypeOf(useRealtime(name).data).toEqualTypeOf<readonly Message[]>()
  expectTypeOf(useRealtime<{ a: 1 }>('typed-other').data).toEqualTypeOf<readonly Message<{ a: 1 }>[]>()
  expectTypeOf(useSend('typed-other')).toEqualTypeOf<Send>()
  useRealtimeEvent<{ a: 1 }>('typed-other', 'any', ({ data }) => expectTypeOf(data).toEqualTypeOf<{ a: 1 }>())
})
