import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { createClient } from '../../src/create-client.ts'
import { plain, type PlainOptions } from '../../src/transports/plain.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { startTutorialServers, type TutorialServers } from '../support/tutorial-servers.ts'

const ENDPOINTS = { websocket: 'rooms', sse: 'events', longpoll: 'poll', send: 'send', sharedIds: true }

async function startServers(): Promise<TutorialServers> {
  const servers = await startTutorialServers({ holdMs: 400, heartbeatMs: 100 })
  onTestFinished(() => servers[Symbol.asyncDispose]())
  return servers
}

function connect(url: string, options: PlainOptions = ENDPOINTS): { client: RealtimeClient; seen: unknown[] } {
  const client = createClient({
    url,
    storage: false,
    lingerMs: 0,
    ladder: { climb: { minMs: 50, maxMs: 200 }, retry: { minMs: 50, maxMs: 200 } },
    transports: plain({ WebSocket: WebSocket, ...options }),
  })
  onTestFinished(() => client.dispose())
  const seen: unknown[] = []
  client.on('lobby', 'price-update', ({ data }) => seen.push((data as { n: number }).n))
  return { client, seen }
}

const carriedBy = (client: RealtimeClient, transport: string) =>
  vi.waitFor(() => expect(client.connection.getSnapshot().transport).toBe(transport), { timeout: 5_000 })

test.each([
  ['websocket', { websocket: 'rooms' }],
  ['sse', { sse: 'events' }],
  ['longpoll', { longpoll: 'poll' }],
] as const)('hears an ordinary server over %s alone, every message once and in order', async (transport, endpoints) => {
  const servers = await startServers()
  const { client, seen } = connect(servers.url, endpoints)
  await carriedBy(client, transport)
  for (let n = 1; n <= 20; n++) servers.publish('lobby', 'price-update', { n })
  await vi.waitFor(() => expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at + 1)))
})

test('falls to the event stream, then to long polling, and climbs back, without losing or doubling a message', async () => {
  const servers = await startServers()
  const proxy = await createFaultProxy(Number(new URL(servers.url).port))
  onTestFinished(() => proxy.close())
  const { client, seen } = connect(proxy.url)
  await carriedBy(client, 'websocket')
  let n = 0
  const publish = () => servers.publish('lobby', 'price-update', { n: ++n })
  publish()
  await vi.waitFor(() => expect(seen).toHaveLength(n))

  proxy.set({ websocket: 502 })
  proxy.cut('rst')
  // Nobody is connected now.
  publish()
  await carriedBy(client, 'sse')
  publish()
  await vi.waitFor(() => expect(seen).toHaveLength(n))

  proxy.set({ sse: 'withheld' })
  proxy.cut('rst')
  publish()
  await carriedBy(client, 'longpoll')
  publish()
  await vi.waitFor(() => expect(seen).toHaveLength(n))

  proxy.heal()
  await carriedBy(client, 'websocket')
  publish()
  await vi.waitFor(() => expect(seen).toEqual([1, 2, 3, 4, 5, 6]))
})

test.each([
  ['websocket', { websocket: 'rooms' }],
  ['sse', { sse: 'events', send: 'send' }],
  ['longpoll', { longpoll: 'poll', send: 'send' }],
] as const)('sends over %s, by POST where the transport cannot', async (transport, endpoints) => {
  const servers = await startServers()
  const { client } = connect(servers.url, endpoints)
  const texts: unknown[] = []
  client.on('lobby', 'message', ({ data }) => texts.push((data as { text: string }).text))
  await carriedBy(client, transport)
  await client.send('lobby', 'message', { text: 'hello' })
  await vi.waitFor(() => expect(texts).toEqual(['hello']))
})

test('without a send URL a send over the event stream is rejected with what to do', async () => {
  const servers = await startServers()
  const { client } = connect(servers.url, { sse: 'events' })
  await carriedBy(client, 'sse')
  await expect(client.send('lobby', 'message', { text: 'hello' })).rejects.toThrow(/give plain\(\) a `send` URL/)
})

test('goes on after the server restarted with an empty history', async () => {
  const servers = await startServers()
  const { client, seen } = connect(servers.url)
  await carriedBy(client, 'websocket')
  servers.publish('lobby', 'price-update', { n: 1 })
  await vi.waitFor(() => expect(seen).toEqual([1]))
  await servers.stop()
  await vi.waitFor(() => expect(client.connection.getSnapshot().status).toBe('reconnecting'))
  await servers.restart()
  await carriedBy(client, 'websocket')
})

test('an answer that is no JSON is never data: the rung is refused and the trail says what came', async () => {
  const http = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'),
  )
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void http.close())
  const { client, seen } = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { longpoll: 'poll' })
  await vi.waitFor(() => expect(client.connection.getSnapshot().error?.message).toContain('Log in'))
  expect(seen).toEqual([])
})

test('plain() without any endpoint is a mistake that throws', () => {
  expect(() => plain({})).toThrow(/at least one of/)
})
