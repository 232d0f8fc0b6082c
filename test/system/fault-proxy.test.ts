import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'

/** An origin in tutorial style that notes what reaches it. */
interface Origin {
  readonly port: number
  readonly seen: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[]
  /** Writes an event on every open stream. */
  tick(text: string): void
  endStreams(): void
  openStreams(): number
  openSockets(): number
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}

/** An origin with a faultless proxy in front, both closed after the test. */
async function start(): Promise<{ origin: Origin; proxy: FaultProxy }> {
  const seen: Origin['seen'] = []
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers })
      if (request.url === '/ws') return response.writeHead(426, { 'content-type': 'text/plain' }).end('upgrade, please')
      if (request.url === '/never') return undefined
      if (request.url !== '/sse') return response.end(`answer to ${body || request.url}`)
      streams.add(response)
      response.once('close', () => streams.delete(response))
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    })
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.send('hello')
    socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const proxy = await createFaultProxy(port)
  onTestFinished(() => {
    proxy.close()
    sockets.clients.forEach((socket) => socket.terminate())
    server.closeAllConnections()
    server.close()
  })
  const origin: Origin = {
    port,
    seen,
    tick: (text) => streams.forEach((stream) => stream.write(`data: ${text}\n\n`)),
    endStreams: () => streams.forEach((stream) => stream.end()),
    openStreams: () => streams.size,
    openSockets: () => sockets.clients.size,
  }
  return { origin, proxy }
}

/** What one WebSocket saw. */
function openSocket(proxy: FaultProxy) {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws`)
  const events: string[] = []
  socket.on('open', () => events.push('open'))
  socket.on('message', (data: Buffer) => events.push(data.toString()))
  socket.on('unexpected-response', (_, response) => events.push(`status ${response.statusCode}`))
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(error.code ?? 'error'))
  socket.on('close', (code) => events.push(`close ${code}`))
  const until = async (event: string) => {
    await vi.waitFor(() => expect(events).toContain(event))
    return events
  }
  return { socket, events, until }
}

/** Reads an event stream into `text`, and notes its headers and how it ended. */
function openStream(proxy: FaultProxy) {
  const stream = { text: '', headers: false, end: '' }
  const abort = new AbortController()
  const run = async () => {
    const response = await fetch(`${proxy.url}/sse`, { headers: { accept: 'text/event-stream' }, signal: abort.signal })
    stream.headers = response.headers.get('content-type') === 'text/event-stream'
    for await (const part of response.body!) stream.text += Buffer.from(part).toString()
  }
  run().then(
    () => (stream.end = 'orderly'),
    () => (stream.end = 'broken'),
  )
  return { stream, abort: () => abort.abort() }
}

describe('without a fault', () => {
  test('requests, streams and sockets pass, are counted by kind, and leave nothing', async () => {
    const { origin, proxy } = await start()
    expect(await (await fetch(`${proxy.url}/send`, { method: 'POST', body: 'one' })).text()).toBe('answer to one')
    const { stream, abort } = openStream(proxy)
    await vi.waitFor(() => expect(stream.headers).toBe(true))
    origin.tick('a')
    await vi.waitFor(() => expect(stream.text).toBe('data: a\n\n'))
    const { socket, until } = openSocket(proxy)
    await until('hello')
    socket.send('x')
    await until('echo x')
    expect(proxy.traffic.requests).toEqual({ websocket: 1, sse: 1, poll: 0, send: 1, other: 0 })
    expect(proxy.traffic.open).toEqual({ websocket: 1, sse: 1, poll: 0, send: 0, other: 0 })
    abort()
    socket.close()
    await until('close 1005')
    await vi.waitFor(() => {
      expect(proxy.traffic.open).toEqual({ websocket: 0, sse: 0, poll: 0, send: 0, other: 0 })
      expect(origin.openStreams() + origin.openSockets()).toBe(0)
    })
  })

  test('close() ends every connection on both sides', async () => {
    const { origin, proxy } = await start()
    const { until } = openSocket(proxy)
    const { stream } = openStream(proxy)
    await until('hello')
    await vi.waitFor(() => expect(stream.headers).toBe(true))
    proxy.close()
    await until('close 1006')
    await vi.waitFor(() => {
      expect(stream.end).toBe('broken')
      expect(origin.openStreams() + origin.openSockets()).toBe(0)
      expect(proxy.traffic.openConnections).toBe(0)
    })
  })
})

describe('the WebSocket', () => {
  test.for([400, 403, 426, 501, 502] as const)('is refused with %i', async (status) => {
    const { proxy } = await start()
    proxy.set({ websocket: status })
    expect(await openSocket(proxy).until(`status ${status}`)).not.toContain('open')
  })

  test('is answered with an HTML page, or reset', async () => {
    const { proxy } = await start()
    proxy.set({ websocket: 'html' })
    expect(await openSocket(proxy).until('status 200')).not.toContain('open')
    proxy.set({ websocket: 'rst' })
    expect(await openSocket(proxy).until('ECONNRESET')).not.toContain('open')
  })

  test('loses its Upgrade header, and the origin answers a plain GET', async () => {
    const { origin, proxy } = await start()
    proxy.set({ websocket: 'strip' })
    await openSocket(proxy).until('status 426')
    expect(origin.seen[0]).toMatchObject({ method: 'GET', url: '/ws' })
    expect(origin.seen[0]!.headers.upgrade).toBeUndefined()
  })

  test('hangs: neither accepted nor refused', async () => {
    const { origin, proxy } = await start()
    proxy.set({ websocket: 'hang' })
    const { socket, events } = openSocket(proxy)
    await vi.waitFor(() => expect(proxy.traffic.open.websocket).toBe(1))
    // What was asked later has its answer: the handshake would have had it too.
    await fetch(`${proxy.url}/send`)
    expect(events).toEqual([])
    expect(origin.openSockets()).toBe(0)
    socket.terminate()
    await vi.waitFor(() => expect(proxy.traffic.open.websocket).toBe(0))
  })

  test('opens and stays silent both ways, and an open one falls silent', async () => {
    const { proxy } = await start()
    const before = openSocket(proxy)
    await before.until('hello')
    proxy.set({ websocket: 'silent' })
    const after = openSocket(proxy)
    await after.until('open')
    before.socket.send('a')
    after.socket.send('b')
    await fetch(`${proxy.url}/send`)
    expect([before.events, after.events]).toEqual([['open', 'hello'], ['open']])
    before.socket.terminate()
    after.socket.terminate()
  })

  test('is accepted and dropped, and an open one is dropped', async () => {
    const { proxy } = await start()
    const before = openSocket(proxy)
    await before.until('hello')
    proxy.set({ websocket: 'drop' })
    await before.until('close 1006')
    const after = openSocket(proxy)
    await after.until('close 1006')
    expect(after.events[0]).toBe('open')
  })

  test('is cut alone, while a stream lives on', async () => {
    const { origin, proxy } = await start()
    const { until } = openSocket(proxy)
    const { stream } = openStream(proxy)
    await until('hello')
    await vi.waitFor(() => expect(stream.headers).toBe(true))
    proxy.cut('rst', 'websocket')
    await until('close 1006')
    origin.tick('still here')
    await vi.waitFor(() => expect(stream.text).toContain('still here'))
  })
})

describe('an event stream', () => {
  test('is buffered: headers pass, the body only at the end', async () => {
    const { origin, proxy } = await start()
    proxy.set({ sse: 'buffered' })
    const { stream } = openStream(proxy)
    await vi.waitFor(() => expect(stream.headers).toBe(true))
    origin.tick('a')
    await fetch(`${proxy.url}/send`)
    expect(stream).toEqual({ text: '', headers: true, end: '' })
    origin.endStreams()
    await vi.waitFor(() => expect(stream).toEqual({ text: 'data: a\n\n', headers: true, end: 'orderly' }))
  })

  test('is withheld: not even headers until the end, or until the fault is over', async () => {
    const { origin, proxy } = await start()
    proxy.set({ sse: 'withheld' })
    const { stream } = openStream(proxy)
    await vi.waitFor(() => expect(origin.openStreams()).toBe(1))
    origin.tick('a')
    await fetch(`${proxy.url}/send`)
    expect(stream).toEqual({ text: '', headers: false, end: '' })
    proxy.heal()
    await vi.waitFor(() => expect(stream).toEqual({ text: 'data: a\n\n', headers: true, end: '' }))
  })

  test('breaks when the origin breaks it', async () => {
    const { origin, proxy } = await start()
    const { stream } = openStream(proxy)
    await vi.waitFor(() => expect(stream.headers).toBe(true))
    proxy.cut('rst', 'sse')
    await vi.waitFor(() => {
      expect(stream.end).toBe('broken')
      expect(origin.openStreams()).toBe(0)
    })
  })
})

describe('requests', () => {
  test('lose an answer after the work was done, hang, or reach the origin twice', async () => {
    const { origin, proxy } = await start()
    const post = (body: string) => fetch(`${proxy.url}/send`, { method: 'POST', body })
    proxy.set({ only: /^POST/, dropResponses: 1 })
    await expect(post('lost')).rejects.toThrow('fetch failed')
    expect(await (await post('kept')).text()).toBe('answer to kept')
    proxy.set({ duplicateRequests: 1 })
    await post('twice')
    expect(origin.seen.map(({ body }) => body)).toEqual(['lost', 'kept', 'twice', 'twice'])
    proxy.set({ hangResponses: 1 })
    const abort = new AbortController()
    const hanging = fetch(`${proxy.url}/send`, { method: 'POST', body: 'hung', signal: abort.signal })
    await vi.waitFor(() => expect(origin.seen).toHaveLength(5))
    abort.abort()
    await expect(hanging).rejects.toThrow('aborted')
  })

  test('meet a captive portal, a firewall on sends, a lossy poll and an impatient gateway', async () => {
    const { origin, proxy } = await start()
    proxy.set({ captive: true })
    const page = await fetch(`${proxy.url}/poll`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    await openSocket(proxy).until('status 200')
    expect(origin.seen).toEqual([])
    proxy.heal()
    proxy.set({ send: 'block', poll: 'lossy', requestTimeoutMs: 50 })
    expect((await fetch(`${proxy.url}/send`, { method: 'POST' })).status).toBe(403)
    expect((await fetch(`${proxy.url}/poll`)).status).toBe(200)
    await expect(fetch(`${proxy.url}/poll`)).rejects.toThrow('fetch failed')
    const late = await fetch(`${proxy.url}/never`)
    expect([late.status, late.headers.get('content-type')]).toEqual([504, 'text/html; charset=utf-8'])
  })

  test('arrive without the headers that are stripped', async () => {
    const { origin, proxy } = await start()
    proxy.set({ stripRequestHeaders: ['last-event-id'] })
    await fetch(`${proxy.url}/other`, { headers: { 'last-event-id': '7', 'x-kept': 'yes' } })
    expect(origin.seen[0]!.headers['last-event-id']).toBeUndefined()
    expect(origin.seen[0]!.headers['x-kept']).toBe('yes')
  })

  test('get 502 while the origin is away, and take turns where there are two', async () => {
    const { origin, proxy } = await start()
    proxy.setUpstreams([1])
    expect((await fetch(`${proxy.url}/other`)).status).toBe(502)
    proxy.setUpstreams([origin.port, 1])
    const statuses = [await fetch(`${proxy.url}/other`), await fetch(`${proxy.url}/other`)].map(({ status }) => status)
    expect(new Set(statuses)).toEqual(new Set([200, 502]))
  })
})

describe('connections', () => {
  /** A connection that asks for the event stream, and the sizes of what arrives. */
  async function openRaw(proxy: FaultProxy) {
    const socket = connect(proxy.port, '127.0.0.1')
    const got = { bytes: 0, sizes: [] as number[], text: '', end: '' }
    socket.on('data', (bytes) => {
      got.bytes += bytes.length
      got.sizes.push(bytes.length)
      got.text += bytes.toString()
    })
    socket.on('end', () => (got.end ||= 'fin'))
    socket.on('error', () => (got.end ||= 'rst'))
    await once(socket, 'connect')
    socket.write('GET /sse HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n')
    return { socket, got }
  }

  test('are late by the latency each way', async () => {
    const { proxy } = await start()
    proxy.set({ latencyMs: 60, jitterMs: 10 })
    const startMs = performance.now()
    await fetch(`${proxy.url}/other`)
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(119)
  })

  test('carry bytes one by one, in random pieces and slowly, all in order', async () => {
    const { proxy, origin } = await start()
    for (const shape of [{ chunk: 1 }, { chunk: { seed: 1, max: 9 } }, { bytesPerSecond: 20_000 }]) {
      proxy.heal()
      proxy.set(shape)
      const { socket, got } = await openRaw(proxy)
      await vi.waitFor(() => expect(got.text).toContain('\r\n\r\n'))
      origin.tick('x'.repeat(500))
      await vi.waitFor(() => expect(got.text).toContain(`data: ${'x'.repeat(500)}\n\n`), 3000)
      expect(got.sizes.length).toBeGreaterThan(1)
      socket.destroy()
      await vi.waitFor(() => expect(origin.openStreams()).toBe(0))
    }
  })

  test('are cut after exactly so many bytes', async () => {
    const { proxy } = await start()
    proxy.set({ cutAfterBytes: 20, cutHow: 'fin' })
    const { got } = await openRaw(proxy)
    await vi.waitFor(() => expect(got.end).toBe('fin'))
    expect(got.bytes).toBe(20)
  })

  test('are cut after a time, also those that were open before', async () => {
    const { proxy, origin } = await start()
    const { got } = await openRaw(proxy)
    await vi.waitFor(() => expect(origin.openStreams()).toBe(1))
    proxy.set({ cutAfterMs: 20 })
    await vi.waitFor(() => expect(got.end).toBe('rst'))
    await vi.waitFor(() => expect(origin.openStreams()).toBe(0))
  })

  test('stall, then deliver everything in order', async () => {
    const { proxy, origin } = await start()
    const { got, socket } = await openRaw(proxy)
    await vi.waitFor(() => expect(origin.openStreams()).toBe(1))
    await vi.waitFor(() => expect(got.bytes).toBeGreaterThan(0))
    proxy.set({ stalled: true })
    const before = got.bytes
    origin.tick('one')
    origin.tick('two')
    // As many turns as the bytes would need if nothing held them.
    await fetch(`http://127.0.0.1:${origin.port}/other`)
    expect(got.bytes).toBe(before)
    proxy.set({ stalled: false })
    await vi.waitFor(() => expect(got.text).toMatch(/data: one\n\n[^]*data: two\n\n/))
    socket.destroy()
  })

  test('become half open: bytes and ends vanish, new connections are fine', async () => {
    const { proxy, origin } = await start()
    const { until, socket, events } = openSocket(proxy)
    await until('hello')
    proxy.halfOpen()
    socket.send('into the void')
    await openSocket(proxy).until('hello')
    expect(events).toEqual(['open', 'hello'])
    socket.terminate()
    await until('close 1006')
    expect(origin.openSockets()).toBe(2)
  })

  test('are refused while the port is down, and work again', async () => {
    const { proxy } = await start()
    const { until } = openSocket(proxy)
    await until('hello')
    await proxy.down()
    await until('close 1006')
    expect(await openSocket(proxy).until('ECONNREFUSED')).not.toContain('open')
    await proxy.up()
    await openSocket(proxy).until('hello')
  })
})
