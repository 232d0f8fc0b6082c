import { expect, onTestFinished, test } from 'vitest'
import { live } from '../../src/client/live.ts'
import { preload } from '../../src/client/preload.ts'
import { createClient } from '../../src/create-client.ts'
import { liveStoreOf } from '../../src/client/live-store.ts'
import { eventually, NodeWebSocket, openClient, serveChat, WAYS } from './real-server.ts'

const ROOM = 'chat:lobby'
const sums = live<number, number>({ topic: ROOM, initial: 0, reduce: (sum, { data }) => sum + data })

for (const way of WAYS) {
  test(`${way}: a position taken on the server before the data was read leaves no gap for the browser`, async () => {
    const { url, realtime } = await serveChat()
    await realtime.publish(ROOM, 'n', 1)
    const cursor = await realtime.cursor([ROOM, 'chat:empty'])
    // What comes while the page is rendered and on its way.
    await realtime.publish(ROOM, 'n', 2)
    await realtime.publish('chat:empty', 'n', 3)
    const client = openClient(url, way)
    client.hydrate({ cursor: JSON.parse(JSON.stringify(cursor)) as typeof cursor })
    const heard: unknown[] = []
    client.on(ROOM, '*', ({ data, replayed }) => heard.push([data, replayed]))
    client.on('chat:empty', '*', ({ data }) => heard.push(data))
    await eventually(() => expect(heard).toHaveLength(2))
    expect(heard).toEqual(expect.arrayContaining([[2, true], 3]))
    await realtime.publish(ROOM, 'n', 4)
    await eventually(() => expect(heard).toContainEqual([4, false]))
    expect(client.dehydrate().cursor).toEqual(await realtime.cursor([ROOM, 'chat:empty']))
  })

  test(`${way}: a client that stands too far back is told by a reset`, async () => {
    const { url, realtime } = await serveChat({ topics: { chat: { history: 2 } } })
    const cursor = await realtime.cursor([ROOM])
    for (const n of [1, 2, 3]) await realtime.publish(ROOM, 'n', n)
    const client = openClient(url, way)
    client.hydrate({ cursor })
    const heard: string[] = []
    client.listen(ROOM, { onMessage: ({ data }) => heard.push(String(data)), onReset: ({ why }) => heard.push(why) })
    await eventually(() => expect(heard).toEqual(['trimmed']))
  })
}

test('a state that was preloaded goes through JSON into another client, which reduces only what follows', async () => {
  const { url, realtime } = await serveChat()
  for (const n of [1, 2, 3]) await realtime.publish(ROOM, 'n', n)
  const server = openClient(url)
  expect(await preload(server, sums)).toBe(6)
  const text = JSON.stringify(server.dehydrate())
  server.dispose()
  await realtime.publish(ROOM, 'n', 10)

  const browser = openClient(url)
  browser.hydrate(JSON.parse(text) as ReturnType<typeof browser.dehydrate>)
  const store = liveStoreOf(browser, sums)
  expect(store.getSnapshot()).toMatchObject({ data: 6, status: 'idle' })
  const statuses: string[] = []
  onTestFinished(store.subscribe(() => statuses.push(store.getSnapshot().status)))
  await eventually(() => expect(store.getSnapshot()).toMatchObject({ data: 16, status: 'live' }))
  // It was right once: so it is stale, never empty.
  expect(statuses).not.toContain('connecting')
})

test('a preload ends with its signal, and with a connection that fails for good', async () => {
  const { url } = await serveChat({ authenticate: () => null })
  await expect(preload(openClient(url, 'websocket', { auth: () => 'dead' }), sums)).rejects.toMatchObject({
    code: 'unauthenticated',
  })
  const away = createClient({ url: 'http://127.0.0.1:1/realtime', WebSocket: NodeWebSocket, storage: false })
  onTestFinished(() => away.dispose())
  const controller = new AbortController()
  const loading = preload(away, sums, { signal: controller.signal })
  controller.abort()
  await expect(loading).rejects.toMatchObject({ code: 'aborted' })
})

test('a cursor of something else is refused with what came', () => {
  const client = openClient('http://127.0.0.1:1/realtime')
  expect(() => client.hydrate({ cursor: { [ROOM]: '12' } })).toThrow(`topic ${ROOM} needs a position, got "12"`)
})

test('a topic that is followed already is not taken back by what another page of the server says', async () => {
  const { url, realtime } = await serveChat()
  await realtime.publish(ROOM, 'n', 1)
  const cursor = await realtime.cursor([ROOM])
  const client = openClient(url, 'ladder', { lingerMs: 0 })
  const heard: unknown[] = []
  const follow = () => client.on(ROOM, '*', ({ data }) => heard.push(data))
  const stop = follow()
  await eventually(() => expect(client.topicStatus(ROOM)).toBe('live'))
  client.hydrate({ cursor })
  await realtime.publish(ROOM, 'n', 2)
  await eventually(() => expect(heard).toEqual([2]))
  stop()
  await eventually(() => expect(realtime.stats().subscriptions).toBe(0))
  follow()
  await eventually(() => expect(client.topicStatus(ROOM)).toBe('live'))
  await realtime.publish(ROOM, 'n', 3)
  await eventually(() => expect(heard).toContain(3))
  expect(heard).toEqual([2, 3])
})

test('a state that was never complete is not given to the browser', async () => {
  const client = openClient('http://127.0.0.1:1/realtime')
  await expect(preload(client, sums, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
  expect(client.dehydrate()).toEqual({ cursor: {}, states: {} })
})
