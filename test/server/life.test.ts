import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSecureServer, connect as connectHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { createRealtimeServer } from '../../src/server.ts'
import { connect, openObject, poll, serve, stream } from './support.ts'

test('a stop tells every client to come back, and leaves no timer and no socket', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate').length
  const http = createServer()
  const realtime = createRealtimeServer()
  realtime.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/realtime`
  const { id } = await realtime.publish('a', 'n')
  const socket = await connect(url, openObject({ a: null }))
  const events = await stream(url, openObject({ a: null }))
  const polled = poll(url, openObject({ a: id }))
  await expect.poll(() => realtime.connections).toBe(3)
  await Promise.all([socket.frame('sub'), events.frame('sub')])
  await Promise.all([realtime.stop(), realtime.stop()])
  expect(await socket.closed).toMatchObject({ code: 4100 })
  await events.ended
  for (const heard of [socket, events, await polled]) {
    expect(heard.frames.at(-1)).toMatchObject({ t: 'bye', code: 4100, retry: [0, 1_000] })
  }
  expect(realtime.stats()).toEqual({
    connections: { websocket: 0, sse: 0, longpoll: 0 },
    subscriptions: 0,
    feeds: 0,
    bufferedBytes: 0,
  })
  expect(http.listenerCount('upgrade')).toBe(0)
  http.closeAllConnections()
  http.close()
  await once(http, 'close')
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate').length)
    .toBeLessThanOrEqual(before + 1)
})

test('a stop spreads its goodbyes, and who comes meanwhile is sent away', async () => {
  const { realtime, url } = await serve()
  const clients = await Promise.all([1, 2, 3, 4].map(() => connect(url, openObject({}))))
  await Promise.all(clients.map((client) => client.frame('open')))
  const stopped = realtime.stop({ drainMs: 400 })
  expect(realtime.connections).toBeGreaterThan(1)
  const response = await fetch(`${url}/poll`, { method: 'POST', body: JSON.stringify(openObject({})) })
  expect(response.status).toBe(503)
  await stopped
  expect(realtime.connections).toBe(0)
})

test('other requests and other upgrades of the server stay with their listeners', async () => {
  const { http, url } = await serve()
  const other = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/other/ws') other.handleUpgrade(request, socket, head, (ws) => ws.close(1000, 'other'))
  })
  expect(await (await fetch(url.replace('/realtime', '/page'))).text()).toBe('not ours')
  const client = await connect(url.replace('/realtime', '/other'))
  expect(await client.closed).toEqual({ code: 1000, reason: 'other' })
  const mine = await connect(url, openObject({}))
  await mine.frame('open')
})

test('a handler inside a framework answers what is ours and nothing else', async () => {
  const realtime = createRealtimeServer({ path: '/live' })
  const http = createServer((request, response) => {
    if (!realtime.handle(request, response)) response.end('page')
  })
  http.on('upgrade', (request, socket, head) => realtime.handleUpgrade(request, socket, head))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await realtime.stop()
    http.close()
  })
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  expect(await (await fetch(`${base}/liver/ws`)).text()).toBe('page')
  const client = await connect(`${base}/live`, openObject({ a: null }))
  await client.frame('sub')
  expect((await poll(`${base}/live`, openObject({ a: null }))).response.status).toBe(200)
})

test('event stream, long poll and send work over HTTP/2', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  const http = createSecureServer({ key, cert, allowHTTP1: true })
  const realtime = createRealtimeServer({ topics: { chat: { clientSend: true } } })
  realtime.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `https://localhost:${(http.address() as AddressInfo).port}`
  const session = connectHttp2(origin.replace('localhost', '127.0.0.1'), { rejectUnauthorized: false })
  onTestFinished(async () => {
    await realtime.stop()
    session.destroy()
    http.close()
  })
  const ask = (path: string, body: string, headers = {}) => {
    const authority = new URL(origin).host
    const asked = session.request({
      ':method': 'POST',
      ':path': `/realtime/${path}`,
      ':authority': authority,
      origin,
      ...headers,
    })
    let text = ''
    asked.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    asked.end(body)
    return { asked, text: () => text }
  }
  const events = ask('sse', JSON.stringify(openObject({ 'chat:a': null })))
  await expect.poll(events.text).toContain('"t":"sub"')
  const sent = ask(
    'send',
    JSON.stringify({
      v: 1,
      sid: 'test-session-0001',
      f: [{ t: 'pub', id: '1', c: 'chat:a', e: 'e', d: 'hi', k: 'k' }],
    }),
    {
      'content-type': 'application/json',
    },
  )
  await expect.poll(sent.text).toContain('"t":"ack"')
  await expect.poll(events.text).toContain('"d":"hi"')
  const polled = ask('poll', JSON.stringify(openObject({ 'chat:a': '0' })))
  await expect.poll(polled.text).toContain('"d":"hi"')
  const refused = ask('ws', '')
  const [headers] = (await once(refused.asked, 'response')) as [Record<string, unknown>]
  expect(headers[':status']).toBe(405)
})

test('a native event stream resumes from its checkpoint, which says more than its URL', async () => {
  const { realtime, url } = await serve()
  const first = await stream(url, openObject({ a: null, b: null }), { method: 'GET' })
  await first.frame('sub', 1)
  await realtime.publish('a', 'n', 1)
  await realtime.publish('b', 'n', 2)
  await expect.poll(() => first.data()).toHaveLength(2)
  const id = first.ids.findLast((checkpoint) => checkpoint !== '')!
  expect(id).toMatch(/^1~a=.+;b=.+$/)
  first.close()
  await realtime.publish('b', 'n', 3)
  const second = await stream(url, openObject({ a: null, b: null }), {
    method: 'GET',
    headers: { 'last-event-id': id },
  })
  await second.frame('sub', 1)
  expect(second.data()).toContain(3)
})
