import { type } from 'arktype'
import * as v from 'valibot'
import { expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { defineContract } from '../../src/client/contract.ts'
import type { Message } from '../../src/client/message.ts'
import { type WithContractOptions, withContract } from '../../src/client/with-contract.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { eventually, openClient, serveChat } from './real-server.ts'

const Text = z.object({ text: z.string(), at: z.string().transform((text) => new Date(text)) })
const AT = '2026-01-02T03:04:05.000Z'

const contract = defineContract({
  'chat:lobby': { events: { message: Text } },
  'chat::room': { events: { moved: v.object({ x: v.number() }) }, sends: { moved: v.object({ x: v.number() }) } },
  'chat:org/:org/:price': { events: { price: type({ price: 'number' }) }, sends: {} },
})

async function open(options?: WithContractOptions) {
  const server = await serveChat()
  const client = withContract(openClient(server.url), contract, options)
  onTestFinished(() => client.dispose())
  return { ...server, client }
}

function hear(client: { listen: ReturnType<typeof withContract>['listen'] }, topic: string) {
  const heard: Message[] = []
  client.listen(topic, { replay: 'all', onMessage: (message) => void heard.push(message) })
  return heard
}

test('parameters are put into names, and nothing that would make another name of it', () => {
  expect(contract.topic('chat:lobby')).toBe('chat:lobby')
  expect(contract.topic('chat::room', { room: 'a.b' })).toBe('chat:a.b')
  expect(contract.topic('chat:org/:org/:price', { org: 7, price: 'ACME' })).toBe('chat:org/7/ACME')
  for (const room of ['', 'a:b', 'a/b', 'ä'])
    expect(() => contract.topic('chat::room', { room })).toThrow('parameter room of topic chat::room')
  // @ts-expect-error a parameter is missing
  expect(() => contract.topic('chat::room')).toThrow(TypeError)
})

test('a pattern that no topic can be named by is refused at once', () => {
  expect(() => defineContract({ 'room {id}': { events: {} } })).toThrow(TypeError)
})

test('finds the shape of a topic: names before patterns, and no parameter over a separator', () => {
  expect(contract.find('chat:lobby')).toBe(contract.shape['chat:lobby'])
  expect(contract.find('chat:five')).toBe(contract.shape['chat::room'])
  expect(contract.find('chat:org/7/ACME')).toBe(contract.shape['chat:org/:org/:price'])
  for (const other of ['chat:a/b', 'chat:', 'chat', 'ticker:five', 'toString'])
    expect(contract.find(other)).toBe(undefined)
})

test('what arrives is what the schema made of it, for listeners, handlers and streams', async () => {
  const { client, realtime } = await open()
  const heard = hear(client, 'chat:lobby')
  const handled: unknown[] = []
  client.on('chat:lobby', 'message', ({ data }) => handled.push(data))
  const stream = client.stream('chat:lobby', { replay: 'all' })
  await eventually(() => expect(client.topicStatus('chat:lobby')).toBe('live'))
  await realtime.publish('chat:lobby', 'message', { text: 'hello', at: AT })
  const expected = { text: 'hello', at: new Date(AT) }
  await eventually(() => expect(heard.map(({ data }) => data)).toEqual([expected]))
  await eventually(() => expect(handled).toEqual([expected]))
  const { value } = await stream.next()
  expect(value).toMatchObject({ data: expected })
})

test('what does not fit is told once, is not delivered, and the stream goes on', async () => {
  const errors: EverwireError[] = []
  const { client, realtime } = await open({ onError: (error) => errors.push(error) })
  const [first, second] = [hear(client, 'chat:five'), hear(client, 'chat:five')]
  await realtime.publish('chat:five', 'moved', { x: 'far' })
  await realtime.publish('chat:five', 'jumped', { x: 1 })
  await realtime.publish('chat:five', 'moved', { x: 2 })
  await eventually(() => {
    for (const heard of [first, second]) expect(heard.map(({ data }) => data)).toEqual([{ x: 2 }])
  })
  expect(errors.map(({ code }) => code)).toEqual(['bad-frame', 'bad-frame'])
  expect(errors[0]!.message).toMatch(/^message "moved" of topic chat:five: x: .*number.*"far"/)
  expect(errors[1]!.message).toBe('message "jumped" of topic chat:five: the contract has "moved"')
})

test('without onError it is reported like an uncaught error', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  onTestFinished(() => void vi.unstubAllGlobals())
  const { client, realtime } = await open()
  hear(client, 'chat:five')
  await realtime.publish('chat:five', 'moved', { x: 'far' })
  await eventually(() => expect(report).toHaveBeenCalledOnce())
  expect(report.mock.lastCall?.[0]).toBeInstanceOf(EverwireError)
})

test('a send that does not fit rejects with what was expected, and does not leave', async () => {
  const { client } = await open()
  const heard = hear(client, 'chat:five')
  await expect(client.send('chat:five', 'moved', { x: 'far' })).rejects.toMatchObject({
    code: 'rejected',
    message: expect.stringContaining('number') as string,
  })
  await expect(client.send('chat:five', 'jumped')).rejects.toThrow('the contract has "moved"')
  await expect(client.send('chat:org/7/ACME', 'price', { price: 1 })).rejects.toThrow('no such messages')
  await client.send('chat:five', 'moved', { x: 2 })
  await eventually(() => expect(heard.map(({ data }) => data)).toEqual([{ x: 2 }]))
})

test('what is sent is what was given, and is transformed where it arrives', async () => {
  const { client, url } = await open()
  const raw = hear(openClient(url), 'chat:lobby')
  const heard = hear(client, 'chat:lobby')
  await client.send('chat:lobby', 'message', { text: 'hello', at: AT })
  await eventually(() => expect(heard.map(({ data }) => data)).toEqual([{ text: 'hello', at: new Date(AT) }]))
  await eventually(() => expect(raw.map(({ data }) => data)).toEqual([{ text: 'hello', at: AT }]))
})

test('an asynchronous schema is an error that says so, in both directions', async () => {
  const slow = defineContract({ 'chat:slow': { events: { message: z.string().refine(async () => false) } } })
  const server = await serveChat()
  const errors: EverwireError[] = []
  const client = withContract(openClient(server.url), slow, { onError: (error) => errors.push(error) })
  const heard = hear(client, 'chat:slow')
  await expect(client.send('chat:slow', 'message', 'hello')).rejects.toMatchObject({ code: 'unsupported' })
  await server.realtime.publish('chat:slow', 'message', 'hello')
  await eventually(() => expect(errors).toHaveLength(1))
  expect(errors[0]!.message).toContain('its schema is asynchronous')
  expect(heard).toEqual([])
})

test('a topic that the contract does not know passes as it is', async () => {
  const { client } = await open()
  const heard = hear(client, 'chat:other/topic')
  await client.send('chat:other/topic', 'anything', [1, 2])
  await eventually(() => expect(heard.map(({ data }) => data)).toEqual([[1, 2]]))
})

test('its end ends the client under it, streams too', async () => {
  const { client } = await open()
  const stream = client.stream('chat:lobby')
  const next = stream.next()
  client.dispose()
  expect(await next).toEqual({ done: true, value: undefined })
  expect(() => client.connect()).toThrow('disposed')
})
