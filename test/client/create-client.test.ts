import { expect, onTestFinished, test, vi } from 'vitest'
import type { RealtimeClient, Replay } from '../../src/client/realtime-client.ts'
import { createClient } from '../../src/create-client.ts'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { CODE } from '../../src/server.ts'
import { longPoll } from '../../src/transports/long-poll.ts'
import { eventually, NodeWebSocket, openClient, serveChat, transportOf, untilStatus, WAYS } from './real-server.ts'

const ROOM = 'chat:lobby'

/** What a listener hears: the data of messages, and resets. */
function hear(client: RealtimeClient, replay: Replay = 0, topic = ROOM) {
  const heard: unknown[] = []
  const stop = client.listen(topic, {
    replay,
    onMessage: ({ data }) => heard.push(data),
    onReset: ({ why }) => heard.push(`reset: ${why}`),
  })
  return { heard, stop }
}

const untilLive = (client: RealtimeClient, topic = ROOM) =>
  eventually(() => expect(client.topicStatus(topic)).toBe('live'))

for (const way of WAYS) {
  test(`${way}: a message that was sent comes back to who listens, and is acknowledged`, async () => {
    const { url } = await serveChat()
    const client = openClient(url, way)
    const messages: { type: string; data: unknown; key: string | undefined; id: string }[] = []
    client.on(ROOM, 'said', ({ type, data, key, id }) => messages.push({ type, data, key, id }))
    client.on(ROOM, 'other', () => messages.push(undefined as never))
    await untilLive(client)
    const { id, duplicate } = await client.send(ROOM, 'said', { text: 'hello' }, { key: 'k1' })
    expect(duplicate).toBe(false)
    await eventually(() => expect(messages).toEqual([{ type: 'said', data: { text: 'hello' }, key: 'k1', id }]))
    expect(await client.send(ROOM, 'said', { text: 'hello' }, { key: 'k1' })).toEqual({ id, duplicate: true })
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'open', transport: transportOf(way), trail: [] })
  })

  test(`${way}: binary data arrives as bytes`, async () => {
    const { url } = await serveChat()
    const client = openClient(url, way)
    const { heard } = hear(client, 'all')
    await client.send(ROOM, 'said', new Uint8Array([0, 10, 13, 255]))
    await eventually(() => expect(heard).toEqual([new Uint8Array([0, 10, 13, 255])]))
  })

  test(`${way}: bytes and JSON keep their order, up and down, over cuts`, async () => {
    const { url, cut } = await serveChat({ topics: { chat: { clientSend: true, history: 1_000 } } })
    const client = openClient(url, way, { ladder: { retry: { minMs: 10, maxMs: 50 }, stableMs: 1 } })
    const { heard } = hear(client)
    await untilLive(client)
    const values: unknown[] = Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0 ? { n } : n % 3 === 1 ? new Uint8Array([n, 10, 0, 255]) : new Uint8Array(n * 100).fill(n),
    )
    const sending: Promise<unknown>[] = []
    for (const [n, value] of values.entries()) {
      sending.push(client.send(ROOM, 'said', value))
      if (n % 20 === 10) {
        await sending[n - 5]
        cut()
      }
    }
    await Promise.all(sending)
    await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(values.length))
    expect(heard).toEqual(values)
    const late = hear(client, 'all')
    await eventually(() => expect(late.heard).toEqual(values))
  })

  test(`${way}: a late listener gets exactly the last messages and then the live ones`, async () => {
    const { url, realtime } = await serveChat()
    const client = openClient(url, way)
    const first = hear(client)
    await untilLive(client)
    for (let number = 1; number <= 5; number++) await realtime.publish(ROOM, 'n', number)
    await eventually(() => expect(first.heard).toEqual([1, 2, 3, 4, 5]))
    const late = hear(client, 3)
    const publishing = [6, 7, 8].map((number) => realtime.publish(ROOM, 'n', number))
    await Promise.all(publishing)
    await eventually(() => expect(late.heard.at(-1)).toBe(8))
    const third = hear(client, 2)
    await eventually(() => expect(third.heard).toEqual([7, 8]))
    await realtime.publish(ROOM, 'n', 9)
    await eventually(() => expect(third.heard).toEqual([7, 8, 9]))
    await eventually(() => expect(late.heard.at(-1)).toBe(9))
    // What was published while the history was on its way is in it, or follows it.
    const start = late.heard[0] as number
    expect(start).toBeGreaterThanOrEqual(3)
    expect(late.heard).toEqual(Array.from({ length: 10 - start }, (_, index) => start + index))
    await eventually(() => expect(first.heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]))
  })

  test(`${way}: nothing is lost or doubled when the network cuts, or the server asks to come back`, async () => {
    const { url, realtime, cut } = await serveChat()
    const client = openClient(url, way, { ladder: { retry: { minMs: 10, maxMs: 50 }, stableMs: 1 } })
    const { heard } = hear(client)
    const slow = hear(client, 'all')
    await untilLive(client)
    const all: number[] = []
    const publish = async () => {
      all.push(all.length + 1)
      await realtime.publish(ROOM, 'n', all.length)
    }
    const drain = () => realtime.disconnect({ user: '' }, CODE.drain)
    for (const interrupt of [async () => cut(), drain, async () => cut()]) {
      await publish()
      await eventually(() => expect(heard).toEqual(all))
      const sending = client.send(ROOM, 'n', all.length + 1)
      all.push(all.length + 1)
      await interrupt()
      await sending
      await publish()
      await publish()
      await eventually(() => expect(heard).toEqual(all))
    }
    await eventually(() => expect(slow.heard).toEqual(all))
    expect(client.connection.getSnapshot().trail.filter(({ reason }) => reason === 'rejected')).toEqual([])
  })

  test(`${way}: two listeners and three topics share one wire`, async () => {
    const { url, realtime } = await serveChat()
    const client = openClient(url, way)
    const heard = ['a', 'a', 'b', 'c'].map((topic) => hear(client, 0, topic).heard)
    for (const topic of ['a', 'b', 'c']) await untilLive(client, topic)
    const transport = transportOf(way)
    await eventually(() =>
      expect(realtime.stats()).toMatchObject({
        connections: { websocket: 0, sse: 0, longpoll: 0, [transport]: 1 },
        subscriptions: 3,
      }),
    )
    for (const topic of ['a', 'b', 'c']) await realtime.publish(topic, 'n', topic)
    await eventually(() => expect(heard).toEqual([['a'], ['a'], ['b'], ['c']]))
    // A topic that comes later shares it too.
    const later = hear(client, 0, 'd')
    await untilLive(client, 'd')
    await realtime.publish('d', 'n', 'd')
    await eventually(() => expect(later.heard).toEqual(['d']))
    await eventually(() =>
      expect(realtime.stats()).toMatchObject({ connections: { [transport]: 1 }, subscriptions: 4 }),
    )
  })

  test(`${way}: after a hundred comings and goings nothing is left on either side`, async () => {
    const { url, realtime, http } = await serveChat()
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    const client = openClient(url, way, { lingerMs: 0 })
    for (let round = 0; round < 100; round++) {
      const { stop } = hear(client, round % 3, `chat:${round % 7}`)
      if (round % 10 === 0) await untilLive(client, `chat:${round % 7}`)
      stop()
      stop()
    }
    await untilStatus(client, 'idle')
    await eventually(() => expect(realtime.connections).toBe(0))
    const { heard } = hear(client)
    await untilLive(client)
    client.dispose()
    client.dispose()
    await eventually(() => expect(realtime.connections).toBe(0))
    expect(realtime.stats().subscriptions).toBe(0)
    await realtime.publish(ROOM, 'n', 1)
    expect(heard).toEqual([])
    expect(client.connection.getSnapshot().status).toBe('idle')
    expect(() => hear(client)).toThrow('this client was disposed; create another')
    await expect(client.send(ROOM, 'n')).rejects.toMatchObject({ code: 'aborted' })
    expect(() => client.reconnect()).toThrow(/disposed/)
    http.closeIdleConnections()
    await eventually(() => expect(timers()).toBeLessThanOrEqual(before))
  })

  test(`${way}: disconnect closes, connect resumes where it was, reconnect replaces the wire`, async () => {
    const { url, realtime } = await serveChat()
    const client = openClient(url, way)
    const { heard } = hear(client)
    await untilLive(client)
    client.disconnect()
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'suspended', reason: 'manual' })
    expect(client.topicStatus(ROOM)).toBe('stale')
    await eventually(() => expect(realtime.connections).toBe(0))
    await realtime.publish(ROOM, 'n', 1)
    const sending = client.send(ROOM, 'n', 2)
    client.connect()
    await sending
    await eventually(() => expect(heard).toEqual([1, 2]))
    const since = () => client.connection.getSnapshot()
    const statuses = new Set<string>()
    const stop = client.connection.subscribe(() => statuses.add(since().status))
    client.reconnect()
    await realtime.publish(ROOM, 'n', 3)
    await eventually(() => expect(heard).toEqual([1, 2, 3]))
    stop()
    // Make before break: nobody saw it away.
    expect([...statuses].filter((status) => status !== 'open')).toEqual([])
  })

  test(`${way}: the token is asked for on every open and travels in no URL`, async () => {
    const urls: string[] = []
    const tokens: (string | undefined)[] = []
    const { url } = await serveChat({
      authenticate: ({ token, transport, url: path }) => {
        urls.push(path)
        if (transport !== 'send') tokens.push(token)
        return { user: 'ada' }
      },
    })
    let asked = 0
    const client = openClient(url, way, { auth: async () => `secret-${++asked}` })
    const { heard } = hear(client)
    await untilLive(client)
    await client.send(ROOM, 'n', 1)
    client.reconnect()
    await client.send(ROOM, 'n', 2)
    await eventually(() => expect(heard).toEqual([1, 2]))
    await eventually(() => expect(new Set(tokens).size).toBeGreaterThanOrEqual(2))
    // Once for each wire; a long poll asks again and again, and is one.
    const wires = way === 'longpoll' ? new Set(tokens).size : tokens.length
    expect(new Set(tokens).size).toBe(wires)
    expect(asked).toBe(wires)
    expect(tokens.filter((token) => !/^secret-\d+$/.test(token ?? ''))).toEqual([])
    expect(urls.filter((path) => path.includes('secret'))).toEqual([])
  })

  test(`${way}: a dead token is renewed once, and then the connection fails until somebody reconnects`, async () => {
    let dead = true
    const { url } = await serveChat({ authenticate: () => (dead ? null : { user: 'ada' }) })
    const auth = vi.fn<() => string>(() => 'token')
    // No second transport in time: so every ask is one open.
    const client = openClient(url, way, { auth, ladder: { raceAfterMs: 5_000 } })
    const { heard } = hear(client)
    await untilStatus(client, 'failed')
    expect(auth).toHaveBeenCalledTimes(2)
    const snapshot = client.connection.getSnapshot()
    expect(snapshot.error).toMatchObject({ code: 'unauthenticated', status: CODE.unauthenticated })
    expect(snapshot.trail.map(({ reason }) => reason)).toEqual(['rejected'])
    dead = false
    client.reconnect()
    await untilLive(client)
    await client.send(ROOM, 'n', 1)
    await eventually(() => expect(heard).toEqual([1]))
  })

  test(`${way}: data that is too big for the server is rejected with its size, and hurts nothing else`, async () => {
    const { url } = await serveChat({ limits: { dataBytes: 1_000 } })
    const client = openClient(url, way)
    const { heard } = hear(client)
    await untilLive(client)
    await expect(client.send(ROOM, 'n', 'x'.repeat(1_000))).rejects.toMatchObject({
      code: 'rejected',
      message: 'data may have 1000 bytes for this server, got 1002',
    })
    await client.send(ROOM, 'n', 'small')
    await eventually(() => expect(heard).toEqual(['small']))
    expect(client.connection.getSnapshot().trail).toEqual([])
  })

  test(`${way}: more than one frame may hold waits for the connection, and all of it arrives in order`, async () => {
    const { url } = await serveChat()
    const client = openClient(url, way)
    const { heard } = hear(client)
    await untilLive(client)
    client.disconnect()
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(30_000))
    const sending = Promise.all(texts.map((text) => client.send(ROOM, 'n', text)))
    client.connect()
    await sending
    await eventually(() => expect(heard).toEqual(texts))
  })

  test(`${way}: a topic that the client may not hear ends, and does not disturb the others`, async () => {
    const { url, realtime } = await serveChat({
      authorize: ({ topics }) => Object.fromEntries(topics.map((topic) => [topic, topic !== 'secret'])),
    })
    const errors: EverwireError[] = []
    const client = openClient(url, way, { onError: (error) => errors.push(error) })
    const { heard } = hear(client)
    hear(client, 0, 'secret')
    await untilLive(client)
    await eventually(() => expect(client.topicStatus('secret')).toBe('ended'))
    for (let number = 1; number <= 3; number++) {
      await realtime.publish(ROOM, 'n', number)
      await eventually(() => expect(heard.at(-1)).toBe(number))
    }
    expect(heard).toEqual([1, 2, 3])
    expect(errors.map(({ code, status }) => [code, status])).toEqual([['forbidden', CODE.forbidden]])
  })

  test(`${way}: a stream ends with its loop, with its signal and with the client`, async () => {
    const { url, realtime } = await serveChat()
    const client = openClient(url, way, { lingerMs: 0 })
    await realtime.publish(ROOM, 'n', 1)
    await realtime.publish(ROOM, 'n', 2)
    const seen: number[] = []
    for await (const { data } of client.stream<number>(ROOM, { replay: 'all' })) {
      seen.push(data)
      if (data === 2) void realtime.publish(ROOM, 'n', 3)
      if (data === 3) break
    }
    expect(seen).toEqual([1, 2, 3])
    await eventually(() => expect(client.topicStatus(ROOM)).toBe('idle'))
    const controller = new AbortController()
    const aborted = (async () => {
      for await (const _ of client.stream(ROOM, { signal: controller.signal }));
    })()
    const disposed = (async () => {
      for await (const _ of client.stream(ROOM));
    })()
    await untilLive(client)
    controller.abort()
    await aborted
    expect(client.topicStatus(ROOM)).toBe('live')
    client.dispose()
    await disposed
  })
}

test('an idle long poll within a short heartbeat is not suspected', async () => {
  const { url } = await serveChat({ heartbeatMs: 300 })
  const waits: unknown[] = []
  const client = openClient(url, 'ladder', {
    transports: [
      longPoll({
        fetch(input, init) {
          waits.push((JSON.parse(init?.body as string) as { wait: number }).wait)
          return fetch(input, init)
        },
      }),
    ],
  })
  hear(client)
  await eventually(() => expect(waits.length).toBeGreaterThan(5))
  // A suspicion would open a second wire, whose first poll does not wait.
  expect(waits).toEqual([0, ...waits.slice(1).map(() => 300)])
})

test('creating a client opens nothing, and a URL that only a page can resolve is a clear error where it is needed', async () => {
  const client = createClient({ url: '/realtime', WebSocket: NodeWebSocket })
  onTestFinished(() => client.dispose())
  const says = 'option `url`: outside a page it must be absolute, such as https://example.org/realtime, got "/realtime"'
  expect(() => hear(client)).toThrow(new TypeError(says))
  expect(() => client.connect()).toThrow(says)
  await expect(client.send(ROOM, 'n')).rejects.toThrow(says)
  expect(client.connection.getSnapshot().status).toBe('idle')
  expect(client.topicStatus(ROOM)).toBe('idle')
  expect(() => createClient({ url: 7 as never })).toThrow('option `url` must be a string, got number')
})

test('a lone send opens a connection, which closes a linger after the answer', async () => {
  const { url, realtime } = await serveChat()
  const client = openClient(url, 'websocket', { lingerMs: 50 })
  expect(realtime.connections).toBe(0)
  await client.send(ROOM, 'n', 1)
  expect(client.connection.getSnapshot().status).toBe('open')
  await untilStatus(client, 'idle')
  await eventually(() => expect(realtime.connections).toBe(0))
})

test('connect keeps a connection without topics, and disconnect ends that', async () => {
  const { url, realtime } = await serveChat()
  const client = openClient(url, 'websocket', { lingerMs: 0 })
  client.connect()
  await untilStatus(client, 'open')
  const { stop } = hear(client)
  await untilLive(client)
  stop()
  await eventually(() => expect(client.topicStatus(ROOM)).toBe('idle'))
  expect(client.connection.getSnapshot().status).toBe('open')
  client.disconnect()
  await eventually(() => expect(realtime.connections).toBe(0))
})

test('a reconnect that nobody needs does not stay', async () => {
  const { url } = await serveChat()
  const client = openClient(url, 'websocket', { lingerMs: 0 })
  client.reconnect()
  await untilStatus(client, 'idle')
})

test('a transport that cannot even be tried is skipped', async () => {
  const { url } = await serveChat()
  const forbidden = class {
    constructor() {
      throw new Error('the page forbids WebSockets')
    }
  } as unknown as typeof NodeWebSocket
  const client = openClient(url, 'ladder', { WebSocket: forbidden })
  hear(client)
  await untilLive(client)
  expect(client.connection.getSnapshot()).toMatchObject({
    transport: 'sse',
    trail: [{ transport: 'websocket', reason: 'refused', detail: 'Error: the page forbids WebSockets' }],
  })
})

test('a client disposed by one of its own listeners is idle', async () => {
  const { url, realtime } = await serveChat()
  const client = openClient(url, 'websocket')
  hear(client)
  client.connection.subscribe(() => {
    if (client.connection.getSnapshot().status === 'open') client.dispose()
  })
  await untilStatus(client, 'idle')
  await eventually(() => expect(realtime.connections).toBe(0))
})

test('what worked is remembered: a new client starts there, and tries the best beside it', async () => {
  const { url } = await serveChat()
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
  let blocked = true
  const Blockable = class extends (NodeWebSocket as unknown as { new (url: string, protocols: string): object }) {
    constructor(socketUrl: string, protocols: string) {
      super(blocked ? 'ws://127.0.0.1:9/' : socketUrl, protocols)
    }
  } as unknown as typeof NodeWebSocket
  const first = openClient(url, 'ladder', { storage, WebSocket: Blockable })
  hear(first)
  await untilLive(first)
  expect(first.connection.getSnapshot().transport).toBe('sse')
  expect([...kept.keys()]).toEqual([`everwire:${url}`])
  first.dispose()
  blocked = false
  const second = openClient(url, 'ladder', { storage, WebSocket: Blockable })
  const transports: unknown[] = []
  second.connection.subscribe(() => {
    const { transport } = second.connection.getSnapshot()
    if (transport !== transports.at(-1)) transports.push(transport)
  })
  hear(second)
  await eventually(() => expect(transports).toEqual([null, 'sse', 'websocket']))
  expect(kept.size).toBe(0)
})
