import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { createWebSocketClient } from '../../src/endpoint/web-socket-client.ts'
import type { WebSocketOptions } from '../../src/endpoint/web-socket-options.ts'
import { startAdHocServer } from '../support/ad-hoc-server.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { startTutorialServers } from '../support/tutorial-servers.ts'
import { collect, waitFor } from './collect.ts'

const FAST = { minMs: 10, maxMs: 50 }

/** A client with the `ws` package's WebSocket, closed with the test. */
function connect(url: Parameters<typeof createWebSocketClient>[0], options: WebSocketOptions = {}) {
  const errors: EverwireError[] = []
  const client = createWebSocketClient(url, {
    WebSocket,
    retry: FAST,
    onError: (error) => errors.push(error),
    ...options,
  })
  onTestFinished(client.close)
  return { client, errors, seen: collect(client) }
}

/** A WebSocket server that does what the test says with each socket. */
async function startSocketServer(onSocket: (socket: WebSocket, number: number) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const sockets: WebSocket[] = []
  const received: string[] = []
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => void received.push(data.toString('utf8')))
    onSocket(socket, sockets.push(socket) - 1)
  })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`, server, sockets, received }
}

describe('against the tutorial rooms', () => {
  test('greets, joins, hears a room and sends to it', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/rooms`, { hello: () => [{ type: 'join', room: 'lobby' }] })
    const greetings: unknown[] = []
    client.on('connected', ({ data }) => void greetings.push(data))
    await waitFor(() => expect(seen.messages.map(({ type }) => type)).toEqual(['connected', 'joined']))
    expect(greetings).toEqual([{ type: 'connected', clientId: expect.any(String) }])
    expect(client.send({ type: 'message', room: 'lobby', text: 'hello' })).toBe(true)
    await waitFor(() =>
      expect(seen.messages.at(-1)).toEqual({
        type: 'message',
        data: expect.objectContaining({ room: 'lobby', text: 'hello' }),
        id: '1',
      }),
    )
  })

  test('comes back after a restart of the server, joins again and sends what waited, in order', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/rooms`, { hello: () => [{ type: 'join', room: 'lobby' }] })
    await seen.status('open')
    await servers.stop()
    await seen.status('reconnecting')
    for (const text of ['a', 'b', 'c']) expect(client.send({ type: 'message', room: 'lobby', text })).toBe(false)
    await servers.restart().catch(() => {})
    await waitFor(() =>
      expect(
        seen.messages.filter(({ type }) => type === 'message').map(({ data }) => (data as { text: string }).text),
      ).toEqual(['a', 'b', 'c']),
    )
  })

  test('a cut is followed at once by a new connection', async () => {
    await using servers = await startTutorialServers()
    const { seen } = connect(`${servers.url}/rooms`, { retry: { minMs: 60_000, maxMs: 60_000 } })
    await seen.status('open')
    servers.cut()
    await waitFor(() => expect(seen.statuses).toEqual(['connecting', 'open', 'reconnecting', 'reconnecting', 'open']))
  })

  test('pings are answered, pongs kept from handlers', async () => {
    await using servers = await startTutorialServers()
    const decoded: unknown[] = []
    const { seen } = connect(`${servers.url}/rooms`, {
      ping: { intervalMs: 20, pongTimeoutMs: 15 },
      codec: {
        encode: JSON.stringify,
        decode: (text) => {
          decoded.push(JSON.parse(text as string))
          return decoded.at(-1)
        },
      },
    })
    await waitFor(() => expect(decoded).toEqual(expect.arrayContaining([{ type: 'pong' }])))
    expect(seen.messages.map(({ type }) => type)).toEqual(['connected'])
  })

  test('a half-open connection is found out by a ping and replaced', async () => {
    await using servers = await startTutorialServers()
    const proxy = await createFaultProxy(Number(new URL(servers.url).port))
    onTestFinished(() => proxy.close())
    const { errors, seen } = connect(`${proxy.url}/rooms`, { ping: { intervalMs: 60, pongTimeoutMs: 50 } })
    await seen.status('open')
    proxy.halfOpen()
    await waitFor(() => expect(errors[0]?.message).toBe('nothing came within 50 ms after a ping'))
    await seen.status('open')
  })
})

describe('close codes', () => {
  test.for([
    [1000, 'closed', null],
    [4000, 'failed', 'the WebSocket closed with code 4000: enough'],
    [4099, 'failed', 'the WebSocket closed with code 4099: enough'],
  ] as const)('%d ends it: %s', async ([code, status, message]) => {
    const { url, sockets } = await startSocketServer((socket) => socket.close(code, 'enough'))
    const { seen } = connect(url)
    await seen.status(status)
    expect(sockets).toHaveLength(1)
    expect(seen.error?.message ?? null).toBe(message)
  })

  test.for([1001, 1011, 4100, 4401, 3000])('%d is retried', async (code) => {
    const { url } = await startSocketServer((socket, number) => number === 0 && socket.close(code))
    const { seen, errors } = connect(url)
    await waitFor(() => expect(errors).toMatchObject([{ status: code, retryable: true }]))
    await seen.status('open')
  })

  test.for([1012, 1013])('%d is not followed at once', async (code) => {
    const { url } = await startSocketServer((socket) => socket.close(code))
    const { seen } = connect(url)
    const { retryAt } = await seen.status('reconnecting')
    expect(retryAt! - Date.now()).toBeGreaterThan(500)
  })

  test('the application decides otherwise', async () => {
    const { url, sockets } = await startSocketServer((socket, number) => socket.close(number === 0 ? 1000 : 4401, 'x'))
    const { seen } = connect(url, { shouldReconnect: ({ code }) => code === 1000 })
    await seen.status('failed')
    expect(sockets).toHaveLength(2)
    expect(seen.error).toMatchObject({ status: 4401 })
  })
})

describe('failure', () => {
  test('a refused upgrade names what came', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(502).end())
    const { seen } = connect(server.url, { retry: { ...FAST, maxRetries: 0 } })
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'unreachable', status: 1006, message: expect.stringContaining('502') })
  })

  test('it gives up after the last retry', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(502).end())
    const { seen } = connect(server.url, { retry: { ...FAST, maxRetries: 3 } })
    await seen.status('failed')
    expect(server.requests).toHaveLength(4)
  })

  test('a handshake that hangs is given up in time, and its connection goes away', async () => {
    let upgrades = 0
    let ended = 0
    await using server = await startAdHocServer(
      () => {},
      (_, socket) => {
        upgrades++
        socket
          .on('error', () => {})
          .on('end', () => socket.destroy())
          .on('close', () => ended++)
          .resume()
      },
    )
    const { errors, client } = connect(server.url, { connectTimeoutMs: 30 })
    await waitFor(() => expect(errors[0]?.message).toBe('no connection within 30 ms'))
    client.close()
    await waitFor(() => expect(ended).toBe(upgrades))
  })

  test('an accept-and-drop server is not stormed', async () => {
    const { url, sockets } = await startSocketServer((socket) => socket.terminate())
    const { errors } = connect(url, { retry: { minMs: 200, maxMs: 10_000 } })
    await waitFor(() => expect(errors.length).toBe(4))
    expect(sockets.length).toBeLessThanOrEqual(5)
  })

  test('no WebSocket in the environment', async () => {
    vi.stubGlobal('WebSocket', undefined)
    const { seen } = connect('ws://127.0.0.1:1', { WebSocket: undefined })
    await seen.status('failed')
    expect(seen.error).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('give the option WebSocket'),
    })
    vi.unstubAllGlobals()
  })

  test.for(['/rooms', 'ftp://127.0.0.1/', 'nonsense'])('an address that is none: %s', async (url) => {
    const { seen } = connect(url)
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'unsupported', message: expect.stringContaining(url) })
  })

  test('a subprotocol that is none', async () => {
    const { seen } = connect('ws://127.0.0.1:1', { protocols: 'with space' })
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'unsupported' })
  })
})

describe('the address', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('is asked on each attempt', async () => {
    const { url, sockets } = await startSocketServer((socket) => socket.close(1011))
    const asked = vi.fn(async () => `${url}/?ticket=${asked.mock.calls.length}`)
    connect(asked)
    await waitFor(() => expect(sockets.length).toBeGreaterThan(2))
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(sockets.length)
  })

  test('may be relative to the page', async () => {
    await using servers = await startTutorialServers()
    vi.stubGlobal('location', { href: `${servers.url}/page/` })
    const { seen } = connect('../rooms')
    await seen.status('open')
  })

  test('that cannot be found now is asked for again', async () => {
    const { url } = await startSocketServer(() => {})
    let asked = 0
    const { seen, errors } = connect(() => (asked++ === 0 ? Promise.reject(new Error('no ticket')) : url))
    await seen.status('open')
    expect(errors).toMatchObject([{ code: 'unreachable', message: expect.stringContaining('no ticket') }])
  })
})

describe('messages', () => {
  test('what a handler throws is told to onError', async () => {
    const { url, sockets } = await startSocketServer(() => {})
    const { client, seen, errors } = connect(url)
    const mistake = new Error('my mistake')
    client.on('a', () => {
      throw mistake
    })
    await seen.status('open')
    sockets[0]!.send('{"type":"a"}')
    await waitFor(() => expect(errors).toMatchObject([{ code: 'handler', cause: mistake }]))
    expect(client.getSnapshot().status).toBe('open')
  })

  test('go to the handlers of their type, then to those of all, and a handler that throws stops nobody', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    onTestFinished(() => void vi.unstubAllGlobals())
    const { url, sockets } = await startSocketServer(() => {})
    const { client, seen } = connect(url, { onError: undefined })
    const calls: string[] = []
    client.on('*', ({ type }) => void calls.push(`all ${type}`))
    client.on('a', () => {
      throw new Error('handler')
    })
    const off = client.on('a', () => void calls.push('a'))
    client.on('constructor', () => void calls.push('constructor'))
    await seen.status('open')
    for (const type of ['a', 'constructor', '__proto__', '*']) sockets[0]!.send(JSON.stringify({ type }))
    await waitFor(() =>
      expect(calls).toEqual(['a', 'all a', 'constructor', 'all constructor', 'all __proto__', 'all *']),
    )
    expect(reported).toHaveBeenCalledOnce()
    off()
    off()
    sockets[0]!.send('{"type":"a"}')
    await waitFor(() => expect(calls.slice(6)).toEqual(['all a']))
  })

  test.for([
    ['[1]', { type: 'message', data: [1], id: undefined }],
    ['null', { type: 'message', data: null, id: undefined }],
    ['{"type":"a","data":null}', { type: 'a', data: null, id: undefined }],
    ['{"type":"a","data":{"x":1},"id":7}', { type: 'a', data: { x: 1 }, id: '7' }],
    ['{"type":"a","x":1}', { type: 'a', data: { type: 'a', x: 1 }, id: undefined }],
    ['{"type":1}', { type: 'message', data: { type: 1 }, id: undefined }],
  ] as const)('%s', async ([text, message]) => {
    const { url } = await startSocketServer((socket) => socket.send(text))
    const { seen } = connect(url)
    await waitFor(() => expect(seen.messages).toEqual([message]))
  })

  test('bytes are messages of type binary, both ways', async () => {
    const { url, received } = await startSocketServer((socket) => socket.send(new Uint8Array([1, 2, 255])))
    const { client, seen } = connect(url)
    await waitFor(() =>
      expect(seen.messages).toEqual([{ type: 'binary', data: new Uint8Array([1, 2, 255]), id: undefined }]),
    )
    client.send(new Uint8Array([104, 105]))
    await waitFor(() => expect(received).toEqual(['hi']))
  })

  test('a codec of its own reads and writes text', async () => {
    const { url, received } = await startSocketServer((socket) => socket.send('price;42'))
    const { client, seen } = connect(url, {
      codec: { encode: String, decode: (text) => String(text).split(';') },
      read: (decoded) => {
        const [type = '', data] = decoded as string[]
        return { type, data: Number(data), id: undefined }
      },
    })
    await waitFor(() => expect(seen.messages).toEqual([{ type: 'price', data: 42, id: undefined }]))
    client.send('buy')
    await waitFor(() => expect(received).toEqual(['buy']))
  })

  test('one that cannot be decoded is told and ends nothing', async () => {
    const { url } = await startSocketServer((socket) => {
      socket.send('<html>')
      socket.send('{"type":"fine"}')
    })
    const { errors, seen } = connect(url)
    await waitFor(() => expect(seen.messages).toHaveLength(1))
    expect(errors).toMatchObject([{ code: 'bad-frame', message: expect.stringContaining('<html>') }])
    expect(seen.statuses).toEqual(['connecting', 'open'])
  })

  test('what has no JSON cannot be sent', async () => {
    const { client } = connect('ws://127.0.0.1:1', { autoConnect: false })
    expect(() => client.send(undefined)).toThrow(TypeError)
  })

  test('what comes after close is dropped', async () => {
    const { url, sockets } = await startSocketServer((socket) => {
      for (let number = 0; number < 100; number++) socket.send(JSON.stringify({ type: 'n', data: number }))
    })
    const { client, seen } = connect(url)
    client.on('n', ({ data }) => {
      if (data === 9) client.close()
    })
    await seen.status('closed')
    await waitFor(() => expect(sockets[0]!.readyState).toBe(WebSocket.CLOSED))
    expect(seen.messages).toHaveLength(10)
  })
})

describe('the outbox', () => {
  test('keeps what was sent before the connection, in order, after the hello', async () => {
    const { url, received } = await startSocketServer(() => {})
    const { client } = connect(url, { hello: () => ['hello'] })
    for (const number of [1, 2, 3]) expect(client.send(number)).toBe(false)
    await waitFor(() => expect(received).toEqual(['"hello"', '1', '2', '3']))
  })

  test('refuses what is too much', () => {
    const { client } = connect('ws://127.0.0.1:1', { autoConnect: false, outbox: { limit: 2 } })
    client.send(1)
    client.send(2)
    expect(() => client.send(3)).toThrow(expect.objectContaining({ code: 'overflow' }))
  })

  test('or forgets the oldest', async () => {
    const { url, received } = await startSocketServer(() => {})
    const { client } = connect(url, { autoConnect: false, outbox: { limit: 2, whenFull: 'drop-oldest' } })
    for (const number of [1, 2, 3]) client.send(number)
    client.connect()
    await waitFor(() => expect(received).toEqual(['2', '3']))
  })

  test('keeps nothing over a close', async () => {
    const { url, received } = await startSocketServer(() => {})
    const { client, seen } = connect(url, { autoConnect: false })
    client.send('of the user before')
    client.close()
    expect(() => client.send('late')).toThrow(expect.objectContaining({ code: 'closed' }))
    client.connect()
    await seen.status('open')
    client.send('mine')
    await waitFor(() => expect(received).toEqual(['"mine"']))
  })
})

describe('life', () => {
  test('closed while it connects, the socket goes away', async () => {
    const { url, server } = await startSocketServer(() => {})
    const { client } = connect(url)
    client.close()
    client.connect()
    await waitFor(() => expect(client.getSnapshot().status).toBe('open'))
    await waitFor(() => expect(server.clients.size).toBe(1))
    client.close()
    client.close()
    await waitFor(() => expect(server.clients.size).toBe(0))
  })

  test('the signal ends it', async () => {
    const controller = new AbortController()
    const { url, server } = await startSocketServer(() => {})
    const { client, seen } = connect(url, { signal: controller.signal })
    await seen.status('open')
    controller.abort()
    await seen.status('closed')
    await waitFor(() => expect(server.clients.size).toBe(0))
    client.connect()
    expect(client.getSnapshot().status).toBe('closed')
  })

  test('reconnect replaces an open connection', async () => {
    const { url, server, sockets } = await startSocketServer(() => {})
    const { client, seen } = connect(url)
    await seen.status('open')
    client.reconnect()
    await waitFor(() => expect(sockets).toHaveLength(2))
    await waitFor(() => expect(server.clients.size).toBe(1))
    expect(seen.statuses).toEqual(['connecting', 'open', 'connecting', 'open'])
  })

  test('created with autoConnect: false it opens nothing until connect', async () => {
    const { url, sockets } = await startSocketServer(() => {})
    const { client, seen } = connect(url, { autoConnect: false })
    expect(client.getSnapshot().status).toBe('idle')
    client.connect()
    client.connect()
    await seen.status('open')
    expect(sockets).toHaveLength(1)
  })

  test('the server sees code 1000 when the client closes', async () => {
    let code = 0
    const { url } = await startSocketServer((socket) => socket.on('close', (closed) => (code = closed)))
    const { client, seen } = connect(url)
    await seen.status('open')
    client.close()
    await waitFor(() => expect(code).toBe(1000))
  })
})
