import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { TransportName, WireEnd } from '../../src/client/transport.ts'
import { CODE } from '../../src/server.ts'
import type { OpenObject, ServerFrame } from '../../src/protocol/frame.ts'
import type { Transport } from '../../src/client/transport.ts'
import { longPoll } from '../../src/transports/long-poll.ts'
import { eventStream } from '../../src/transports/sse.ts'
import { webSocket } from '../../src/transports/websocket.ts'
import { eventually, serveChat, TRANSPORTS } from '../client/real-server.ts'
import { bodyOf, startAdHocServer } from '../support/ad-hoc-server.ts'

const NAMES = Object.keys(TRANSPORTS) as TransportName[]
const OPEN =
  '{"t":"open","v":1,"cid":"c1","hb":25000,"retry":[0,0],"lim":{"in":65536,"data":32768,"topics":100},"caps":[]}'

/** One wire, and all that it tells, in order. */
function open(transport: Transport, url: string, more: Partial<OpenObject> = {}) {
  const told: string[] = []
  const frames: ServerFrame[] = []
  const ends: WireEnd[] = []
  const identity = { v: 1, sid: 'test-session-0001' }
  const openObject = vi.fn<() => Promise<OpenObject>>(async () => {
    // From where it stands, as a client would.
    const last = frames.findLast((frame) => frame.t === 'm' || frame.t === 'sub')
    return { ...identity, subs: { a: last?.i ?? null }, ...more }
  })
  const wire = transport.open({
    url,
    openObject,
    identity: async () => identity,
    events: {
      reached: () => told.push('reached'),
      alive: () => told.at(-1) !== 'alive' && told.push('alive'),
      frames(batch) {
        told.push(batch.map(({ t }) => t).join())
        frames.push(...batch)
      },
      ended(end) {
        told.push('ended')
        ends.push(end)
      },
    },
  })
  onTestFinished(() => wire.close())
  return { wire, told, frames, ends, openObject, ended: () => eventually(() => expect(ends).toHaveLength(1)) }
}

type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void | Promise<void>

/** A server that answers requests by hand, and says by hand what comes over a WebSocket that opened. */
async function byHand(answer: Answer, messages: readonly (string | Buffer)[] = [], close?: number) {
  const sockets = new WebSocketServer({ noServer: true })
  const server = await startAdHocServer(answer, (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {})
      ws.on('message', () => {
        for (const message of messages) ws.send(message)
        if (close !== undefined) ws.close(close, 'by hand')
      })
    })
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const { url, requests } = server
  return { url, requests, wires: () => server.unfinished + sockets.clients.size }
}

/** Says something in the way of each transport; the answers after the first are held. */
const says =
  (text: string): Answer =>
  (request, response, number) => {
    if (request.url?.endsWith('/sse')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const lines = text.split('\n').map((line) => `data: ${line}\n`)
      response.write(`${lines.join('')}\n`)
    } else if (number === 0 || text !== OPEN) response.end(text)
  }

/** A port where nobody listens any more. */
async function deadUrl(): Promise<string> {
  const server = await startAdHocServer(() => {})
  await server[Symbol.asyncDispose]()
  return server.url
}

describe.each(NAMES)('%s', (name) => {
  const transport = TRANSPORTS[name]

  test('tells that it got through, and then what came', async () => {
    const { url, realtime } = await serveChat()
    const { told, frames } = open(transport(), url)
    await eventually(() => expect(frames.map(({ t }) => t)).toContain('sub'))
    expect(told.slice(0, 2)).toEqual(['reached', 'alive'])
    expect(frames[0]).toMatchObject({ t: 'open', v: 1 })
    await realtime.publish('a', 'n', { text: 'two\nlines' })
    await eventually(() => expect(frames.some(({ t }) => t === 'm')).toBe(true))
    expect(frames.find(({ t }) => t === 'm')).toMatchObject({ c: 'a', e: 'n', d: { text: 'two\nlines' } })
  })

  test('tells nothing after it was closed, and closes the connection', async () => {
    const { url, realtime } = await serveChat()
    const { wire, told } = open(transport(), url)
    await eventually(() => expect(told.length).toBeGreaterThan(2))
    const before = [...told]
    wire.close()
    wire.close()
    await eventually(() => expect(realtime.connections).toBe(0))
    expect(told).toEqual(before)
  })

  test('tells nothing where it is closed while it opens', async () => {
    const server = await byHand(() => {})
    const { wire, told } = open(transport(), server.url)
    wire.close()
    const next = open(transport(), await deadUrl())
    await next.ended()
    expect(told).toEqual([])
  })

  test('ends where nobody listens', async () => {
    const { told, ends, ended } = open(transport(), await deadUrl())
    expect(told).toEqual([])
    await ended()
    expect(told).toEqual(['ended'])
    expect(ends[0]!.message).not.toBe('')
  })

  test('ends where somebody else answers, and takes a status alone for no word of the server', async () => {
    const server = await startAdHocServer(
      (_, response) => void response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked by policy</h1>'),
      (_, socket) => void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
    )
    onTestFinished(() => server[Symbol.asyncDispose]())
    const { told, ends, ended } = open(transport(), server.url)
    await ended()
    expect(told).toEqual(['ended'])
    expect(ends[0]!.code ?? 1006).toBeLessThan(4000)
  })

  test("ends with the server's own code and words", async () => {
    const { url } = await serveChat({ authenticate: () => null })
    const { ends, ended } = open(transport(), url)
    await ended()
    expect(ends[0]).toMatchObject({ code: CODE.unauthenticated })
    expect(ends[0]!.message).toMatch(/credentials|token|authenticat/i)
  })

  test.each([
    ['no JSON', 'hello', 'a frame must be JSON, got "hello"'],
    ['no object', '[1]', 'a frame must be an object with a string "t", got "[1]"'],
    ['a field of the wrong type', '{"t":"sub","c":7,"i":"e.1-x","n":0}', '"c" to be of type string, got number'],
    ['a field that is missing', '{"t":"m","c":"a","i":"e.1-x"}', '"e" to be of type string, got undefined'],
    ['a bad frame behind a good one', `${OPEN}\n{"t":"hb"}`, '"ts" to be of type number, got undefined'],
  ])('ends on what is no frame: %s', async (_, text, message) => {
    const server = await byHand(says(text), [text])
    const { ends, frames, ended } = open(transport(), server.url)
    await ended()
    expect(ends[0]!.message).toContain(message)
    expect(frames).toEqual([])
    await eventually(() => expect(server.wires()).toBe(0))
  })

  test('leaves out frames that it does not know', async () => {
    const text = `{"t":"new","x":1}\n${OPEN}`
    const server = await byHand(
      (request, response, number) => {
        if (name === 'longpoll' && number > 0) return
        return says(text)(request, response, number)
      },
      [text],
    )
    const { frames } = open(transport(), server.url)
    await eventually(() => expect(frames.map(({ t }) => t)).toEqual(['open']))
  })

  test('ends where the token cannot be had', async () => {
    const { url } = await serveChat()
    const ends: WireEnd[] = []
    const wire = transport().open({
      url,
      openObject: () => Promise.reject(new Error('not signed in')),
      identity: () => Promise.reject(new Error('not signed in')),
      events: { reached() {}, alive() {}, frames() {}, ended: (end) => ends.push(end) },
    })
    onTestFinished(() => wire.close())
    await eventually(() => expect(ends).toHaveLength(1))
    expect(ends[0]!.message).toContain('not signed in')
  })
})

describe.each(['sse', 'longpoll'] as const)('%s', (name) => {
  const transport = TRANSPORTS[name]

  test('says what a server asks to wait', async () => {
    const server = await byHand((_, response) => void response.writeHead(503, { 'retry-after': '7' }).end('busy'))
    const { ends, ended } = open(transport(), server.url)
    await ended()
    expect(ends[0]).toEqual({
      message: expect.stringContaining('expected status 200') as string,
      retryAfterMs: 7_000,
    })
  })

  test('posts messages beside it, and resolves with the answers', async () => {
    const { url } = await serveChat()
    const { wire } = open(transport(), url)
    const pub = (id: string, c: string) => ({ t: 'pub' as const, id, c, e: 'n', d: 1, k: `key-${id}` })
    const answers = await wire.post!([pub('1', 'chat:a'), pub('2', 'readonly')], AbortSignal.timeout(5_000))
    expect(answers).toMatchObject([
      { t: 'ack', id: '1' },
      { t: 'err', id: '2', code: CODE.forbidden },
    ])
  })

  test('rejects a post that was answered by somebody else', async () => {
    const server = await byHand((_, response) => void response.writeHead(502).end('Bad gateway'))
    const { wire } = open(transport(), server.url)
    await expect(wire.post!([], AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'refused',
      status: 502,
      message: `POST ${server.url}/send was answered 502`,
    })
  })

  test('answers each message itself where the server refuses the post for good', async () => {
    const refusal = '{"t":"err","code":4003,"msg":"not from this origin"}'
    const server = await byHand(
      (_, response) => void response.writeHead(403, { 'content-type': 'application/json' }).end(refusal),
    )
    const { wire } = open(transport(), server.url)
    const pub = (id: string) => ({ t: 'pub' as const, id, c: 'a', e: 'n', k: id })
    expect(await wire.post!([pub('1'), pub('2')], AbortSignal.timeout(5_000))).toEqual(
      ['1', '2'].map((id) => ({
        t: 'err',
        id,
        code: CODE.forbidden,
        msg: `POST ${server.url}/send was answered 403: not from this origin`,
      })),
    )
  })

  test('asks for headers and credentials each time, and needs no preflight of its own', async () => {
    const seen: (string | undefined)[][] = []
    const server = await byHand(async (request, response, number) => {
      const { headers } = request
      await bodyOf(request)
      seen.push([headers['content-type'], headers['x-tenant'] as string])
      if (request.url?.endsWith('/send')) response.end('')
      else await says(OPEN)(request, response, number)
    })
    let asked = 0
    const options = { headers: async () => ({ 'x-tenant': `t${++asked}` }) }
    const { wire, frames } = open(name === 'sse' ? eventStream(options) : longPoll(options), server.url)
    await eventually(() => expect(frames).toHaveLength(1))
    await wire.post!([], AbortSignal.timeout(5_000))
    expect(seen[0]).toEqual(['text/plain', 't1'])
    // A poll may have asked again meanwhile.
    expect(seen.map(([type]) => type)).toContain('application/json')
    expect(new Set(seen.map(([, tenant]) => tenant)).size).toBe(seen.length)
  })

  test('says so where the environment has no fetch', () => {
    vi.stubGlobal('fetch', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(transport().unsupported()).toBe('this environment has no fetch; pass one as option `fetch`')
  })
})

describe('websocket', () => {
  test('says so where the environment has no WebSocket', () => {
    vi.stubGlobal('WebSocket', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(webSocket().unsupported()).toBe('this environment has no WebSocket; pass one as option `WebSocket`')
    expect(TRANSPORTS.websocket().unsupported()).toBeUndefined()
  })

  test('ends with the close code and its reason', async () => {
    const server = await byHand(() => {}, [OPEN], 4101)
    const { told, ends, ended } = open(TRANSPORTS.websocket(), server.url)
    await ended()
    expect(told).toEqual(['reached', 'alive', 'open', 'ended'])
    expect(ends[0]).toEqual({ code: 4101, message: 'the WebSocket closed with code 4101: by hand' })
  })

  test('ends on binary that has no header', async () => {
    const server = await byHand(() => {}, [Buffer.from([1, 2, 3])])
    const { ends, ended } = open(TRANSPORTS.websocket(), server.url)
    await ended()
    expect(ends[0]!.message).toContain('must start with a header line of JSON')
  })

  test.each([
    ['as a binary message where the server understands it', ['bin'], true],
    ['as base64 where it does not', [], false],
  ])('sends bytes %s', async (_, caps, binary) => {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => {
      sockets.close()
    })
    await once(sockets, 'listening')
    const heard: { data: string; isBinary: boolean }[] = []
    sockets.on('connection', (socket) => {
      onTestFinished(() => socket.terminate())
      socket.on('message', (data: Buffer, isBinary) => {
        if (heard.push({ data: data.toString('latin1'), isBinary }) === 1) {
          socket.send(JSON.stringify({ ...(JSON.parse(OPEN) as object), caps }))
        }
      })
    })
    const { port } = sockets.address() as AddressInfo
    const { wire, told } = open(TRANSPORTS.websocket(), `http://127.0.0.1:${port}`)
    await eventually(() => expect(told).toContain('open'))
    wire.send!([{ t: 'pub', id: '1', c: 'a', e: 'n', k: 'k', d: new Uint8Array([1, 255]) }])
    await eventually(() => expect(heard).toHaveLength(2))
    const header = '{"t":"pub","id":"1","c":"a","e":"n","k":"k"'
    expect(heard[1]).toEqual(
      binary
        ? { data: `${header},"b":1}\n\x01\xff`, isBinary: true }
        : { data: `${header},"d":"Af8=","b":1}`, isBinary: false },
    )
  })

  test('sends nothing into a socket that is not open', () => {
    const { wire } = open(TRANSPORTS.websocket(), 'http://127.0.0.1:9')
    expect(() => wire.send!([{ t: 'hb' }])).not.toThrow()
    wire.close()
    expect(() => wire.send!([{ t: 'hb' }])).not.toThrow()
  })
})

describe('longpoll', () => {
  test('asks again with the cursor of that moment, one request at a time', async () => {
    const open0 = { running: 0, most: 0 }
    const bodies: OpenObject[] = []
    const server = await byHand(async (request, response, number) => {
      open0.most = Math.max(open0.most, ++open0.running)
      bodies.push(JSON.parse(await bodyOf(request)) as OpenObject)
      response.on('close', () => open0.running--)
      if (number < 3) response.end(`${OPEN}\n{"t":"m","c":"a","i":"e.${number}-x","e":"n"}`)
    })
    const { openObject } = open(longPoll({ waitMs: 1_234 }), server.url)
    await eventually(() => expect(bodies).toHaveLength(4))
    expect(bodies.map(({ wait }) => wait)).toEqual([0, 1_234, 1_234, 1_234])
    expect(openObject).toHaveBeenCalledTimes(4)
    expect(open0.most).toBe(1)
  })

  test('asks for an answer in each heartbeat of the server', async () => {
    const bodies: OpenObject[] = []
    const server = await byHand(async (request, response, number) => {
      bodies.push(JSON.parse(await bodyOf(request)) as OpenObject)
      if (number === 0) response.end(OPEN.replace('25000', '400'))
    })
    open(longPoll(), server.url)
    await eventually(() => expect(bodies.map(({ wait }) => wait)).toEqual([0, 400]))
  })

  test('does not spin where somebody in between answers at once with nothing', async () => {
    const server = await byHand((_, response) => void response.end(OPEN))
    open(longPoll(), server.url)
    await eventually(() => expect(server.requests.length).toBeGreaterThanOrEqual(3))
    const { length } = server.requests
    const startedMs = performance.now()
    await eventually(() => expect(server.requests.length).toBeGreaterThan(length))
    expect(performance.now() - startedMs).toBeGreaterThan(200)
  })
})
