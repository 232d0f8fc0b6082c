import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { createEventStreamClient, type EventStreamOptions } from '../../src/endpoint/event-stream-client.ts'
import { bodyOf, startAdHocServer } from '../support/ad-hoc-server.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { startTutorialServers } from '../support/tutorial-servers.ts'
import { collect, waitFor } from './collect.ts'

const FAST = { minMs: 10, maxMs: 50 }

function connect(url: string, options: EventStreamOptions = {}) {
  const errors: EverwireError[] = []
  const client = createEventStreamClient(url, { retry: FAST, onError: (error) => errors.push(error), ...options })
  onTestFinished(client.close)
  return { client, errors, seen: collect(client) }
}

function stream(response: ServerResponse, text = ''): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write(`: open\n\n${text}`)
  return response
}

describe('against the tutorial stream', () => {
  test('named events go to their handlers, unnamed ones to message', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/events`)
    const prices: unknown[] = []
    client.on('price-update', ({ data }) => void prices.push(data))
    await seen.status('open')
    servers.publish('ticker', 'price-update', { symbol: 'ACME', price: 1 })
    servers.publish('alerts', 'notification', 'hello')
    servers.publish('chat', 'message', 3)
    await waitFor(() =>
      expect(seen.messages).toEqual([
        { type: 'price-update', data: { symbol: 'ACME', price: 1 }, id: '1' },
        { type: 'notification', data: 'hello', id: '2' },
        { type: 'message', data: 3, id: '3' },
      ]),
    )
    expect(prices).toEqual([{ symbol: 'ACME', price: 1 }])
  })

  test('a cut loses nothing and waits as long as the server asked', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/events`)
    await seen.status('open')
    for (const number of [1, 2, 3]) servers.publish('t', 'n', number)
    await waitFor(() => expect(seen.data).toEqual([1, 2, 3]))
    servers.cut()
    const { retryAt } = await seen.status('reconnecting')
    expect(retryAt! - Date.now()).toBeGreaterThan(2500)
    for (const number of [4, 5, 6]) servers.publish('t', 'n', number)
    client.reconnect()
    await waitFor(() => expect(seen.data).toEqual([1, 2, 3, 4, 5, 6]))
    expect(client.getLastEventId()).toBe('6')
  })

  test('the first request resumes from a given id', async () => {
    await using servers = await startTutorialServers()
    for (const number of [1, 2, 3]) servers.publish('t', 'n', number)
    const { seen } = connect(`${servers.url}/events`, { lastEventId: '1' })
    await waitFor(() => expect(seen.data).toEqual([2, 3]))
  })

  test('a history that has overflowed gives what is left of it', async () => {
    await using servers = await startTutorialServers({ historyLength: 100 })
    for (let number = 1; number <= 150; number++) servers.publish('t', 'n', number)
    const { seen } = connect(`${servers.url}/events`, { lastEventId: '1' })
    await waitFor(() => expect(seen.data).toEqual(Array.from({ length: 100 }, (_, index) => index + 51)))
  })

  test('a restart of the server ends nothing', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/events`)
    await seen.status('open')
    await servers.stop()
    await seen.status('reconnecting')
    await servers.restart()
    client.reconnect()
    await seen.status('open')
    servers.publish('t', 'n', 'after')
    await waitFor(() => expect(seen.data).toEqual(['after']))
  })

  test('heartbeats keep a quiet stream alive, a half-open one is found out and replaced', async () => {
    await using servers = await startTutorialServers({ heartbeatMs: 20 })
    const proxy = await createFaultProxy(Number(new URL(servers.url).port))
    onTestFinished(() => proxy.close())
    const { client, seen, errors } = connect(`${proxy.url}/events`, { silenceMs: 150 })
    const opened = await seen.status('open')
    await waitFor(() => expect(Date.now() - opened.since!).toBeGreaterThan(300))
    expect(client.getSnapshot()).toBe(opened)
    proxy.halfOpen()
    await waitFor(() => expect(errors[0]?.message).toBe('no byte came within 150 ms'))
    client.reconnect()
    await seen.status('open')
    servers.publish('t', 'n', 1)
    await waitFor(() => expect(seen.data).toEqual([1]))
  })
})

describe('the request', () => {
  test('asks for an event stream and nothing else, without an id before there is one', async () => {
    await using server = await startAdHocServer((_, response) => void stream(response))
    const { seen } = connect(server.url)
    await seen.status('open')
    const { headers, method } = server.requests[0]!
    expect(method).toBe('GET')
    expect(headers.accept).toBe('text/event-stream')
    expect(headers).not.toHaveProperty('last-event-id')
  })

  test('carries headers and a body, asked for each time', async () => {
    const bodies: string[] = []
    await using server = await startAdHocServer(async (request, response) => {
      bodies.push(await bodyOf(request))
      stream(response).end()
    })
    let asked = 0
    connect(server.url, {
      headers: async () => ({ authorization: `Bearer ${++asked}` }),
      body: () => JSON.stringify({ request: asked }),
    })
    await waitFor(() => expect(server.requests.length).toBeGreaterThan(1))
    expect(server.requests.slice(0, 2).map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['POST', 'Bearer 1'],
      ['POST', 'Bearer 2'],
    ])
    expect(bodies.slice(0, 2)).toEqual(['{"request":1}', '{"request":2}'])
  })

  test('sends the id of a block without data, and one that is not ASCII as UTF-8', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) stream(response, 'id: ä…\n\n').end()
      else stream(response)
    })
    const { seen } = connect(server.url)
    await waitFor(() => expect(server.requests).toHaveLength(2))
    await seen.status('open')
    expect(Buffer.from(server.requests[1]!.headers['last-event-id'] as string, 'latin1').toString('utf8')).toBe('ä…')
  })

  test('starts at the given address each time, wherever it was sent on to', async () => {
    await using server = await startAdHocServer((request, response) => {
      if (request.url === '/start') response.writeHead(307, { Location: '/moved' }).end()
      else stream(response, 'data: 1\n\n').end()
    })
    const { seen } = connect(`${server.url}/start`)
    await waitFor(() => expect(seen.data.length).toBeGreaterThan(1))
    expect(server.requests.slice(0, 4).map(({ url }) => url)).toEqual(['/start', '/moved', '/start', '/moved'])
  })
})

describe('answers that are no stream', () => {
  test('204 ends it in peace', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(204).end())
    const { seen, errors } = connect(server.url)
    await seen.status('closed')
    expect(errors).toEqual([])
    expect(server.requests).toHaveLength(1)
  })

  test.for([400, 404, 410, 422])('%d ends it with an error', async (status) => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(status).end())
    const { seen } = connect(server.url)
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'refused', status, retryable: false })
    expect(server.requests).toHaveLength(1)
  })

  test.for([408, 425, 429, 500, 502, 503, 504])('%d is retried', async (status) => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) response.writeHead(status).end()
      else stream(response)
    })
    const { seen, errors } = connect(server.url)
    await seen.status('open')
    expect(errors).toMatchObject([{ code: 'refused', status, retryable: true }])
  })

  test('a wrong content type is named with the right one, and retried: captive portals go away', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Log in</h1>')
      else stream(response)
    })
    const { seen, errors } = connect(server.url)
    await seen.status('open')
    expect(errors[0]!.message).toContain('text/event-stream')
    expect(errors[0]!.message).toContain('text/html')
  })

  test.for(['2', 'date'])('Retry-After in form of %s is kept', async (form) => {
    await using server = await startAdHocServer((_, response) => {
      const value = form === 'date' ? new Date(Date.now() + 3000).toUTCString() : form
      response.writeHead(503, { 'Retry-After': value }).end()
    })
    const { seen } = connect(server.url)
    const { retryAt } = await seen.status('reconnecting')
    expect(retryAt! - Date.now()).toBeGreaterThan(1500)
    expect(retryAt! - Date.now()).toBeLessThan(3500)
  })

  test.for(['-1', '0', 'soon', '1e9'])('Retry-After: %s says nothing', async (value) => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) response.writeHead(503, { 'Retry-After': value }).end()
      else stream(response)
    })
    const { seen } = connect(server.url)
    await seen.status('open')
  })

  test.for(['99999999999999', 'Fri, 01 Jan 2099 00:00:00 GMT'])(
    'Retry-After: %s is at most five minutes',
    async (value) => {
      await using server = await startAdHocServer((_, response) => {
        response.writeHead(429, { 'Retry-After': value }).end()
      })
      const { seen } = connect(server.url)
      const { retryAt } = await seen.status('reconnecting')
      expect(retryAt! - Date.now()).toBeGreaterThan(290_000)
      expect(retryAt! - Date.now()).toBeLessThanOrEqual(330_000)
    },
  )

  test('retry: 0 and a huge retry are held within limits', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      stream(response, `retry: ${number === 0 ? 0 : '99999999999999'}\n\n`).end()
    })
    const { seen } = connect(server.url, { retry: { minMs: 100, maxMs: 200 } })
    await waitFor(() => expect(seen.snapshots.filter(({ retryAt }) => retryAt !== null)).toHaveLength(2))
    const [first, second] = seen.snapshots.filter(({ retryAt }) => retryAt !== null)
    expect(first!.retryAt! - Date.now()).toBeLessThan(200)
    expect(second!.retryAt! - Date.now()).toBeGreaterThan(290_000)
  })
})

describe('credentials', () => {
  test.for([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
  ] as const)('after %d new ones are asked for once, then it ends: %s', async ([status, code]) => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(status).end())
    const onUnauthorized = vi.fn()
    const { seen } = connect(server.url, { onUnauthorized })
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code, status })
    expect(server.requests).toHaveLength(2)
    expect(onUnauthorized).toHaveBeenCalledOnce()
  })

  test('new ones that are good open it, and later ones may be renewed too', async () => {
    let token = 'old'
    await using server = await startAdHocServer((request, response, number) => {
      const good = request.headers.authorization === `Bearer ${number < 3 ? 'new' : 'newest'}`
      if (!good) response.writeHead(401).end()
      else if (number === 1) stream(response).end()
      else stream(response)
    })
    const { seen } = connect(server.url, {
      headers: () => ({ authorization: `Bearer ${token}` }),
      onUnauthorized: async () => void (token = token === 'old' ? 'new' : 'newest'),
    })
    await waitFor(() => expect(server.requests).toHaveLength(3))
    await seen.status('open')
  })

  test('with nothing to ask, the first refusal ends it', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(401).end())
    const { seen } = connect(server.url, { headers: { authorization: 'Bearer dead' } })
    await seen.status('failed')
    expect(server.requests).toHaveLength(1)
  })

  test('credentials that cannot be had now are no refusal', async () => {
    await using server = await startAdHocServer((request, response) => {
      if (request.headers.authorization) stream(response)
      else response.writeHead(401).end()
    })
    let asked = 0
    const { seen, errors } = connect(server.url, {
      headers: () => (asked > 1 ? { authorization: 'Bearer good' } : {}),
      onUnauthorized: () => (asked++ === 0 ? Promise.reject(new Error('offline')) : undefined),
    })
    await seen.status('open')
    expect(errors.map(({ code }) => code)).toEqual(['unreachable', 'unauthenticated'])
  })
})

describe('events', () => {
  test('called open, error, close or __proto__ are messages like others', async () => {
    await using server = await startAdHocServer((_, response) => {
      stream(response, ['open', 'error', 'close', '__proto__'].map((name) => `event: ${name}\ndata: x\n\n`).join(''))
    })
    const { client, seen } = connect(server.url)
    const names: string[] = []
    client.on('error', ({ type }) => void names.push(type))
    client.on('__proto__', ({ type }) => void names.push(type))
    await waitFor(() => expect(names).toEqual(['error', '__proto__']))
    expect(seen.messages).toHaveLength(4)
    expect(client.getSnapshot().status).toBe('open')
  })

  test('with text that is no JSON come as text; a decoder of its own may refuse', async () => {
    await using server = await startAdHocServer((_, response) => void stream(response, 'data: hello\n\ndata: 42\n\n'))
    expect(await waitForData(connect(server.url).seen, 2)).toEqual(['hello', 42])
    const { seen, errors } = connect(server.url, { decode: (text) => JSON.parse(text) as unknown })
    expect(await waitForData(seen, 1)).toEqual([42])
    expect(errors).toMatchObject([{ code: 'bad-frame', message: expect.stringContaining('hello') }])
  })

  test('an event without an end above the limit ends the attempt, not the client', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      stream(response, number === 0 ? `data: ${'x'.repeat(5000)}` : 'data: fine\n\n')
    })
    const { seen, errors } = connect(server.url, { maxChars: 1000 })
    expect(await waitForData(seen, 1)).toEqual(['fine'])
    expect(errors).toMatchObject([{ code: 'bad-frame' }])
  })

  test('after close the rest of a chunk is dropped', async () => {
    await using server = await startAdHocServer((_, response) => {
      stream(response, Array.from({ length: 100 }, (_, number) => `id: ${number}\ndata: ${number}\n\n`).join(''))
    })
    const { client, seen } = connect(server.url)
    client.on('message', ({ data }) => {
      if (data === 9) client.close()
    })
    await seen.status('closed')
    await waitFor(() => expect(server.unfinished).toBe(0))
    expect(seen.data).toHaveLength(10)
    expect(client.getLastEventId()).toBe('9')
  })

  test('what a stream cut in mid-event had begun is dropped, and its id is not used', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number > 0) return void stream(response)
      stream(response, 'id: 1\ndata: whole\n\nid: 2\ndata: ha')
      response.end()
    })
    const { seen } = connect(server.url)
    await waitFor(() => expect(server.requests).toHaveLength(2))
    expect(server.requests[1]!.headers['last-event-id']).toBe('1')
    expect(seen.data).toEqual(['whole'])
  })
})

const waitForData = async (seen: ReturnType<typeof collect>, count: number) => {
  await waitFor(() => expect(seen.data).toHaveLength(count))
  return seen.data
}

describe('life', () => {
  test('close and the signal leave no connection', async () => {
    await using server = await startAdHocServer((_, response) => void stream(response))
    const controller = new AbortController()
    const { seen, client } = connect(server.url, { signal: controller.signal })
    await seen.status('open')
    controller.abort()
    client.close()
    expect(client.getSnapshot().status).toBe('closed')
    await waitFor(() => expect(server.unfinished).toBe(0))
  })

  test('closed before the answer came, nothing follows', async () => {
    await using server = await startAdHocServer(() => {})
    const { client, errors, seen } = connect(server.url)
    await waitFor(() => expect(server.requests).toHaveLength(1))
    client.close()
    await waitFor(() => expect(server.unfinished).toBe(0))
    expect(errors).toEqual([])
    expect(seen.statuses).toEqual(['connecting', 'closed'])
  })

  test('headers that are withheld count as silence', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number > 0) stream(response)
    })
    const { seen, errors } = connect(server.url, { silenceMs: 50 })
    await seen.status('open')
    expect(errors).toMatchObject([{ code: 'unreachable', message: 'no byte came within 50 ms' }])
  })

  test('a server that accepts and ends at once is not stormed', async () => {
    await using server = await startAdHocServer((_, response) => void stream(response).end())
    const { errors } = connect(server.url, { retry: { minMs: 200, maxMs: 10_000 } })
    await waitFor(() => expect(errors).toHaveLength(4))
    expect(server.requests.length).toBeLessThanOrEqual(5)
  })

  describe('after a sleep', () => {
    let page: EventTarget
    beforeEach(() => {
      page = new EventTarget()
      vi.stubGlobal('window', page)
    })
    afterEach(() => vi.unstubAllGlobals())

    test('a stream that was silent for too long by the wall clock is replaced at once', async () => {
      await using server = await startAdHocServer((_, response) => void stream(response))
      const { seen, errors } = connect(server.url)
      await seen.status('open')
      page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
      expect(errors).toEqual([])
      vi.spyOn(Date, 'now').mockReturnValueOnce(Date.now() + 60_000)
      page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
      vi.restoreAllMocks()
      await waitFor(() => expect(server.requests).toHaveLength(2))
      await seen.status('open')
    })
  })
})
