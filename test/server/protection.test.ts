import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { EverwireError } from '../../src/server.ts'
import { connect, openObject, poll, pub, send, serve, stream } from './support.ts'

test('a plain request for the WebSocket says that an upgrade is needed', async () => {
  const { url } = await serve()
  const response = await fetch(`${url}/ws`)
  expect(response.status).toBe(426)
  expect(response.headers.get('upgrade')).toBe('websocket')
})

test.each(['everwire.v9', undefined])(
  'a WebSocket with the subprotocol %s is accepted and closed with 4001',
  async (protocol) => {
    const { url } = await serve()
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocol === undefined ? [] : [protocol])
    const [code, reason] = (await once(ws, 'close')) as [number, Buffer]
    expect([code, reason.toString()]).toEqual([4001, expect.stringContaining('everwire.v1')])
  },
)

test('a version that is not served is 426 over HTTP and 4001 over WebSocket', async () => {
  const { url } = await serve()
  const client = await connect(url, openObject({}, { v: 2 }))
  expect((await client.closed).code).toBe(4001)
  const response = await fetch(`${url}/poll`, { method: 'POST', body: JSON.stringify(openObject({}, { v: 2 })) })
  expect(response.status).toBe(426)
  expect(await response.json()).toMatchObject({ t: 'err', code: 4001, v: [1] })
})

test('a WebSocket that says nothing is closed with 4102', async () => {
  const { url } = await serve({ limits: { openMs: 30 } })
  const client = await connect(url)
  expect((await client.closed).code).toBe(4102)
})

test.each([
  ['what is no JSON', 'hello'],
  ['an array', '[1]'],
  ['a topic with a space', JSON.stringify({ t: 'sub', c: { 'a b': null } })],
  ['a second open object', JSON.stringify({ t: 'open', ...openObject({}) })],
  ['a pub without a key', JSON.stringify({ t: 'pub', id: '1', c: 'a', e: 'e' })],
])('%s is answered with 4000 and what was wrong', async (_, text) => {
  const { url } = await serve()
  const client = await connect(url, openObject({}))
  await client.frame('open')
  client.ws.send(text)
  expect(await client.frame('bye')).toMatchObject({ code: 4000, why: expect.stringMatching(/.{10}/) as string })
  expect((await client.closed).code).toBe(4000)
})

test('a ping is answered with its time', async () => {
  const { url } = await serve()
  const client = await connect(url, openObject({}))
  client.send({ t: 'hb', ts: 12_345 })
  expect(await client.frame('hb')).toMatchObject({ re: 12_345 })
})

test('a silent server sends heartbeats over WebSocket and event stream, and a silent client is ended', async () => {
  const { url } = await serve({ heartbeatMs: 60 })
  const socket = await connect(url, openObject({}))
  const events = await stream(url, openObject({}))
  await events.frame('hb', 2)
  await socket.frame('hb')
  expect((await socket.closed).code).toBe(4102)
  await events.frame('hb', 5)
})

test('a client that answers heartbeats stays', async () => {
  const { realtime, url } = await serve({ heartbeatMs: 60 })
  const client = await connect(url, openObject({}))
  client.ws.on('message', () => client.send({ t: 'hb' }))
  await client.frame('hb', 8)
  expect(realtime.connections).toBe(1)
})

test('a client that only listens to a busy topic is asked for a sign of life, and stays', async () => {
  const { realtime, url } = await serve({ heartbeatMs: 60 })
  const client = await connect(url, openObject({ 't:busy': null }))
  client.ws.on('message', (batch: Buffer) => {
    if (batch.toString().includes('"t":"hb"')) client.send({ t: 'hb' })
  })
  const busy = setInterval(() => void realtime.publish('t:busy', 'tick', 1), 5)
  onTestFinished(() => clearInterval(busy))
  await client.frame('hb', 4)
  expect(realtime.connections).toBe(1)
})

test('what a client may not do looks the same whether it exists or not', async () => {
  const { realtime, url } = await serve({
    topics: { chat: { clientSend: true }, secret: { clientSend: true } },
    authorize: ({ topics }) => Object.fromEntries(topics.map((topic) => [topic, topic.startsWith('chat:')])),
  })
  await realtime.publish('secret:a', 'x')
  const client = await connect(url, openObject({ 'chat:a': null, 'secret:a': '0', 'secret:none': '0' }))
  await client.frame('sub')
  expect(client.frames.filter(({ t }) => t === 'unsub')).toEqual([
    { t: 'unsub', c: 'secret:a', code: 4003 },
    { t: 'unsub', c: 'secret:none', code: 4003 },
  ])
  const { frames } = await send(url, [
    pub('secret:a', 1, 'key-1'),
    pub('secret:none', 1, 'key-2'),
    pub('chat:a', 1, 'key-3'),
  ])
  expect(frames).toMatchObject([{ code: 4003 }, { code: 4003 }, { t: 'ack' }])
  await client.untilData([1])
})

test('a topic whose name is a property of every object is a topic like others', async () => {
  const { realtime, url } = await serve({ authorize: () => ({}) })
  const client = await connect(
    url,
    openObject(JSON.parse('{"__proto__":null,"constructor":null}') as Record<string, null>),
  )
  await client.frame('unsub', 1)
  expect(realtime.stats().subscriptions).toBe(0)
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('topics above the limit are ended, the others go on', async () => {
  const { url } = await serve({ limits: { topics: 2 } })
  const client = await connect(url, openObject({ a: null, b: null, c: null }))
  expect(await client.frame('unsub')).toMatchObject({ c: 'c', code: 4013 })
  await client.frame('sub', 1)
})

test('who is not let in gets 4201, and nothing is made for them', async () => {
  const { realtime, url } = await serve({
    authenticate: ({ token }) => (token === 'good' ? { user: 'ann' } : null),
  })
  const client = await connect(url, openObject({ a: null }, { auth: 'bad' }))
  expect((await client.closed).code).toBe(4201)
  const { response } = await stream(url, openObject({ a: null }))
  expect(response.status).toBe(401)
  expect(realtime.stats().feeds).toBe(0)
  const { frames } = await poll(url, openObject({ a: null }), { headers: { authorization: 'Bearer good' } })
  expect(frames.map(({ t }) => t)).toEqual(['open', 'sub'])
})

test('credentials that end close the connection with 4200; a renewed token keeps it', async () => {
  const { realtime, url } = await serve({
    authenticate: ({ token }) => ({
      user: 'ann',
      expiresAt: token === 'long' ? Date.now() + 60_000 : Date.now() + 300,
    }),
    heartbeatMs: 100,
  })
  const kept = await stream(url, openObject({}, { auth: 'long' }))
  const renewed = await connect(url, openObject({}))
  renewed.ws.on('message', () => renewed.send({ t: 'hb' }))
  renewed.send({ t: 'auth', token: 'long' })
  const ended = await stream(url, openObject({}))
  expect(await ended.frame('bye')).toMatchObject({ code: 4200 })
  await kept.frame('hb', 2)
  expect(realtime.stats().connections).toEqual({ websocket: 1, sse: 1, longpoll: 0 })
})

test('tenants share no topic and no key', async () => {
  const { realtime, url } = await serve({
    topics: { chat: { clientSend: true } },
    authenticate: ({ token }) => ({ user: 'ann', tenant: token ?? 'none' }),
  })
  const one = await connect(url, openObject({ 'chat:a': null }, { auth: 'one' }))
  const two = await connect(url, openObject({ 'chat:a': null }, { auth: 'two' }))
  await Promise.all([one.frame('sub'), two.frame('sub')])
  one.send(pub('chat:a', 1, 'key-1'))
  two.send(pub('chat:a', 2, 'key-1'))
  await two.frame('ack')
  await realtime.publish('chat:a', 'n', 3, { tenant: 'two' })
  await Promise.all([one.untilData([1]), two.untilData([2, 3])])
})

test('a revoked user is gone, others stay', async () => {
  const { realtime, url } = await serve({ authenticate: ({ token }) => ({ user: token! }) })
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((auth) => connect(url, openObject({}, { auth }))))
  await Promise.all([ann!.frame('open'), bob!.frame('open')])
  await realtime.disconnect({ user: 'ann' })
  expect((await ann!.closed).code).toBe(4003)
  expect(realtime.connections).toBe(1)
})

test('a hook rewrites or rejects what clients send', async () => {
  const { url } = await serve({
    topics: {
      chat: {
        clientSend: true,
        onPublish({ data }) {
          if (data === 'rude') throw new EverwireError('rejected', 'be kind')
          if (data === 'broken') throw new Error('secret detail')
          return { data: { text: data } }
        },
      },
    },
    log: () => {},
  })
  const client = await connect(url, openObject({ 'chat:a': null }))
  await client.frame('sub')
  const { frames } = await send(url, [
    pub('chat:a', 'hi', 'k1'),
    pub('chat:a', 'rude', 'k2'),
    pub('chat:a', 'broken', 'k3'),
  ])
  expect(frames).toMatchObject([{ t: 'ack' }, { code: 4000, msg: 'be kind' }, { code: 4500 }])
  expect(JSON.stringify(frames)).not.toContain('secret')
  await client.untilData([{ text: 'hi' }])
})

test('data and bodies above the limit are refused with 4013, and so is a WebSocket message', async () => {
  const { url } = await serve({ topics: { chat: { clientSend: true } }, limits: { dataBytes: 100, inBytes: 2_000 } })
  const { frames } = await send(url, [pub('chat:a', 'x'.repeat(101), 'k1')])
  expect(frames).toMatchObject([{ t: 'err', code: 4013 }])
  const { response } = await send(url, [pub('chat:a', 'x'.repeat(3_000), 'k1')])
  expect(response.status).toBe(413)
  const client = await connect(url, openObject({}))
  client.ws.send('x'.repeat(2_001))
  expect((await client.closed).code).toBe(1009)
})

test('a body in chunks above the limit is refused before its end, a slow one after a time', async () => {
  const { url } = await serve({ limits: { inBytes: 1_000, bodyMs: 50 } })
  const { port } = new URL(url)
  const answered = async (body: string) => {
    const socket = connectTcp(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`POST /realtime/poll HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)
    const [data] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return data.toString().split('\r\n')[0]
  }
  expect(await answered(`7d0\r\n${'x'.repeat(2_000)}\r\n`)).toBe('HTTP/1.1 413 Payload Too Large')
  expect(await answered('5\r\nhello\r\n')).toBe('HTTP/1.1 408 Request Timeout')
})

test('a compressed body is refused', async () => {
  const { url } = await serve()
  const response = await fetch(`${url}/poll`, { method: 'POST', body: 'x', headers: { 'content-encoding': 'gzip' } })
  expect(response.status).toBe(415)
})

test('a client that sends too much is told to wait', async () => {
  const { url } = await serve({ topics: { chat: { clientSend: true } }, limits: { sendsPerSecond: 1, sendBurst: 2 } })
  const { frames } = await send(
    url,
    ['1', '2', '3'].map((key) => pub('chat:a', key, key)),
  )
  expect(frames).toMatchObject([{ t: 'ack' }, { t: 'ack' }, { t: 'err', code: 4529 }])
  expect((frames[2] as { retry: number }).retry).toBeGreaterThan(500)
})

test('a full server answers 503 with a time to wait', async () => {
  const { url } = await serve({ limits: { connections: 1 } })
  const client = await connect(url, openObject({}))
  await client.frame('open')
  const response = await fetch(`${url}/poll`, { method: 'POST', body: JSON.stringify(openObject({})) })
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
})
