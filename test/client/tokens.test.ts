import { describe, expect, test, vi } from 'vitest'
import type { ConnectRequest } from '../../src/server.ts'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { startPublisher } from '../support/publisher.ts'
import { createScope } from '../../src/lib/scope.ts'
import { eventually, openClient, serveChat, untilStatus, WAYS } from './real-server.ts'

vi.setConfig({ testTimeout: 20_000 })

const ROOM = 'chat:lobby'
/** The last tenth of it is the least that a renewal has: time enough on a busy machine. */
const TTL_MS = 2_000

/** A server whose tokens last a moment, and that notes every one it is shown. */
async function serveTokens() {
  const shown: { token: string | undefined; transport: ConnectRequest['transport'] }[] = []
  let issued = 0
  const ends = new Map<string, number>()
  const issue = () => {
    const token = `token-${++issued}`
    ends.set(token, Date.now() + TTL_MS)
    return token
  }
  const server = await serveChat({
    topics: { chat: { clientSend: true, history: 10_000 } },
    authenticate({ token, transport }) {
      shown.push({ token, transport })
      const expiresAt = ends.get(token ?? '') ?? 0
      return expiresAt > Date.now() ? { user: 'ada', expiresAt } : null
    },
  })
  return { ...server, shown, issue }
}

const opens = (shown: Awaited<ReturnType<typeof serveTokens>>['shown'], transport: string) =>
  shown.filter((one) => one.transport === transport).length

for (const way of WAYS) {
  test(`${way}: tokens are renewed before they end, under traffic, without a loss or a break`, async () => {
    const { url, realtime, shown, issue, wires } = withWires(await serveTokens())
    const asked: boolean[] = []
    const client = openClient(url, way, {
      auth({ renew }) {
        asked.push(renew)
        return issue()
      },
    })
    const received: number[] = []
    client.on<number>(ROOM, 'n', ({ data }) => received.push(data))
    const statuses: string[] = []
    client.connection.subscribe(() => statuses.push(client.connection.getSnapshot().status))
    await eventually(() => expect(client.topicStatus(ROOM)).toBe('live'))
    const scope = createScope()
    const publisher = startPublisher(scope, (n) => realtime.publish(ROOM, 'n', n), { perSecond: 200, most: 10_000 })
    const sends: Promise<unknown>[] = []
    await eventually(() => {
      sends.push(client.send(ROOM, 'sent', sends.length))
      expect(asked.length).toBeGreaterThanOrEqual(3)
    })
    await publisher.stop()
    scope.stop()
    await Promise.all(sends)
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(publisher.stored.length))
    expect(judgeDelivery(publisher.stored, received)).toEqual(FLAWLESS)
    expect(new Set(statuses)).toEqual(new Set(['open']))
    expect(asked.slice(0, 3)).toEqual([false, true, true])
    // On a WebSocket the wire stays; every token but the first came over it.
    const isWebSocket = way === 'websocket' || way === 'ladder'
    expect(wires()).toBe(isWebSocket ? 1 : wires())
    expect(opens(shown, 'websocket')).toBe(isWebSocket ? asked.length : 0)
  })
}

/** Counts the TCP connections that were ever opened. */
function withWires<Server extends { http: { on(type: 'connection', run: () => void): unknown } }>(server: Server) {
  let count = 0
  server.http.on('connection', () => count++)
  return { ...server, wires: () => count }
}

describe.each(['websocket', 'sse', 'longpoll'] as const)('%s', (way) => {
  test('an auth that cannot give a token in time is asked again, and told about', async () => {
    const { url, issue } = await serveTokens()
    let failures = 0
    const errors: string[] = []
    const client = openClient(url, way, {
      auth({ renew }) {
        if (renew && failures++ === 0) throw new Error('the token service is away')
        return issue()
      },
      onError: ({ message }) => errors.push(message),
    })
    const heard: unknown[] = []
    client.on(ROOM, '*', ({ data }) => heard.push(data))
    await eventually(() => expect(failures).toBeGreaterThanOrEqual(2))
    await client.send(ROOM, 'n', 1)
    await eventually(() => expect(heard).toEqual([1]))
  })

  test('a token that was revoked stops the client for good, with the reason', async () => {
    const { url, realtime } = await serveChat({ authenticate: () => ({ user: 'ada' }) })
    let asked = 0
    const client = openClient(url, way, { auth: () => `token-${++asked}` })
    client.on(ROOM, '*', () => {})
    await eventually(() => expect(client.topicStatus(ROOM)).toBe('live'))
    // A long poll has no connection between two requests: ended is who is there.
    await eventually(() => {
      void realtime.disconnect({ user: 'ada' })
      expect(client.connection.getSnapshot().status).toBe('failed')
    })
    expect(client.connection.getSnapshot().error).toMatchObject({ code: 'forbidden', status: 4003 })
    expect(asked).toBe(1)
  })

  test('credentials that are ended with 4201 are renewed once, and the client goes on', async () => {
    const { url, realtime } = await serveChat({ authenticate: () => ({ user: 'ada' }) })
    const asked: boolean[] = []
    const client = openClient(url, way, { auth: ({ renew }) => `token-${asked.push(renew)}` })
    const heard: unknown[] = []
    client.on(ROOM, '*', ({ data }) => heard.push(data))
    await eventually(() => expect(client.topicStatus(ROOM)).toBe('live'))
    await realtime.publish(ROOM, 'n', 1)
    await eventually(() => expect(heard).toEqual([1]))
    await eventually(() => {
      if (asked.length === 1) void realtime.disconnect({ user: 'ada' }, 4201)
      expect(asked).toEqual([false, true])
    })
    await untilStatus(client, 'open')
    await realtime.publish(ROOM, 'n', 2)
    await eventually(() => expect(heard).toEqual([1, 2]))
  })
})

test('a renewed token of somebody else ends the connection: another one begins, with what that user may hear', async () => {
  const { url, realtime } = await serveChat({
    authenticate: ({ token }) => ({ user: token!, ...(token === 'ada' && { expiresAt: Date.now() + TTL_MS }) }),
    authorize: ({ user, topics }) => Object.fromEntries(topics.map((topic) => [topic, topic === `chat:${user}`])),
  })
  let asked = 0
  const statuses: string[] = []
  const client = openClient(url, 'websocket', { auth: () => (asked++ === 0 ? 'ada' : 'bob') })
  client.connection.subscribe(() => statuses.push(client.connection.getSnapshot().status))
  const heard: unknown[] = []
  client.on('chat:ada', '*', ({ data }) => heard.push(data))
  await eventually(() => expect(client.topicStatus('chat:ada')).toBe('live'))
  await eventually(() => expect(client.topicStatus('chat:ada')).toBe('ended'))
  expect(statuses).toContain('reconnecting')
  await realtime.publish('chat:ada', 'n', 'for ada alone')
  client.on('chat:bob', '*', ({ data }) => heard.push(data))
  await eventually(() => expect(client.topicStatus('chat:bob')).toBe('live'))
  await realtime.publish('chat:bob', 'n', 'for bob')
  await eventually(() => expect(heard).toEqual(['for bob']))
})
