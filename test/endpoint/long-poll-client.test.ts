import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { createLongPollClient, type LongPollOptions } from '../../src/endpoint/long-poll-client.ts'
import { bodyOf, startAdHocServer } from '../support/ad-hoc-server.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { startTutorialServers } from '../support/tutorial-servers.ts'
import { collect, waitFor } from './collect.ts'

const FAST = { minMs: 10, maxMs: 50 }

function connect(url: string, options: LongPollOptions = {}) {
  const errors: EverwireError[] = []
  const client = createLongPollClient(url, { retry: FAST, onError: (error) => errors.push(error), ...options })
  onTestFinished(client.close)
  return { client, errors, seen: collect(client) }
}

const json = (response: ServerResponse, body: unknown) =>
  void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))

const cursorOf = ({ url }: IncomingMessage) => new URL(url!, 'http://x').searchParams.get('lastId')

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('against the tutorial poll', () => {
  test('what is published comes once and in order', async () => {
    await using servers = await startTutorialServers()
    const { client, seen } = connect(`${servers.url}/poll?topic=t`)
    for (const tens of numbers(0, 19)) {
      for (const number of numbers(tens * 10 + 1, tens * 10 + 10)) {
        servers.publish('t', number % 2 ? 'odd' : 'even', number)
      }
      await waitFor(() => expect(client.getLastId()).toBe(String(tens * 10 + 10)))
    }
    expect(seen.data).toEqual(numbers(1, 200))
    expect(seen.messages[0]).toEqual({ type: 'odd', data: 1, id: '1' })
  })

  test('the first request starts from a given id', async () => {
    await using servers = await startTutorialServers()
    for (const number of numbers(1, 5)) servers.publish('t', 'n', number)
    const { seen } = connect(`${servers.url}/poll?topic=t`, { lastId: 3 })
    await waitFor(() => expect(seen.data).toEqual([4, 5]))
  })

  test('a history that has overflowed gives what is left of it', async () => {
    await using servers = await startTutorialServers()
    for (const number of numbers(1, 150)) servers.publish('t', 'n', number)
    const { seen } = connect(`${servers.url}/poll?topic=t`, { lastId: 1 })
    await waitFor(() => expect(seen.data).toEqual(numbers(51, 150)))
  })

  test("the server's hold ends and the next request follows, with no error", async () => {
    await using servers = await startTutorialServers({ holdMs: 30 })
    const { seen, errors } = connect(`${servers.url}/poll?topic=t`, { minIntervalMs: 0 })
    await waitFor(() => expect(servers.requests).toBeGreaterThan(3))
    servers.publish('t', 'n', 1)
    await waitFor(() => expect(seen.data).toEqual([1]))
    expect(errors).toEqual([])
    expect(seen.statuses).toEqual(['connecting', 'open'])
  })

  test("the client's hold ends first: it asks again, one request at a time", async () => {
    await using servers = await startTutorialServers()
    const { seen, errors } = connect(`${servers.url}/poll?topic=t`, { holdMs: 30 })
    await waitFor(() => expect(servers.requests).toBeGreaterThan(3))
    await waitFor(() => expect(servers.server.connections.polls).toBe(1))
    servers.publish('t', 'n', 1)
    await waitFor(() => expect(seen.data).toEqual([1]))
    expect(errors).toEqual([])
  })

  test('a restart that lost the history is noticed, and what comes then is delivered', async () => {
    await using servers = await startTutorialServers()
    const { seen, errors } = connect(`${servers.url}/poll?topic=t`)
    for (const number of numbers(1, 5)) servers.publish('t', 'n', number)
    await waitFor(() => expect(seen.data).toEqual(numbers(1, 5)))
    await waitFor(() => expect(servers.server.connections.polls).toBe(1))
    await servers.restart()
    await waitFor(() => expect(servers.server.connections.polls).toBe(1))
    servers.publish('t', 'n', 'new')
    await waitFor(() => expect(seen.data).toEqual([...numbers(1, 5), 'new']))
    expect(errors.at(-1)).toMatchObject({
      code: 'bad-frame',
      message: 'the cursor went back from 5 to 1: messages may be missing',
    })
  })

  test('a half-open connection is left after the hold', async () => {
    await using servers = await startTutorialServers()
    const proxy = await createFaultProxy(Number(new URL(servers.url).port))
    onTestFinished(() => proxy.close())
    const { seen } = connect(`${proxy.url}/poll?topic=t`, { holdMs: 200 })
    await waitFor(() => expect(servers.server.connections.polls).toBe(1))
    proxy.halfOpen()
    servers.publish('t', 'n', 1)
    await waitFor(() => expect(seen.data).toEqual([1]))
  })

  test('close leaves no request behind', async () => {
    await using servers = await startTutorialServers()
    const { client } = connect(`${servers.url}/poll?topic=t`)
    await waitFor(() => expect(servers.server.connections.polls).toBe(1))
    client.close()
    client.close()
    await waitFor(() => expect(servers.server.connections.polls).toBe(0))
    expect(client.getSnapshot().status).toBe('closed')
  })
})

describe('the cursor', () => {
  const answer = { messages: [{ id: 'a', type: 'x' }], lastId: 'c1' }

  test('goes into the query under its name, beside what is there', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) json(response, answer)
    })
    connect(`${server.url}/poll?room=1`, { cursorName: 'since' })
    await waitFor(() => expect(server.requests).toHaveLength(2))
    expect(server.requests.map(({ url }) => url)).toEqual(['/poll?room=1', '/poll?room=1&since=c1'])
  })

  test('or into a header', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) json(response, answer)
    })
    connect(server.url, { cursorIn: 'header', cursorName: 'X-Cursor' })
    await waitFor(() => expect(server.requests).toHaveLength(2))
    expect(server.requests.map(({ headers }) => headers['x-cursor'])).toEqual([undefined, 'c1'])
  })

  test('or into the body, which makes it a POST', async () => {
    const bodies: unknown[] = []
    await using server = await startAdHocServer(async (request, response, number) => {
      bodies.push(JSON.parse(await bodyOf(request)))
      if (number === 0) json(response, answer)
    })
    connect(server.url, { cursorIn: 'body', body: { room: 1 } })
    await waitFor(() => expect(bodies).toEqual([{ room: 1 }, { room: 1, lastId: 'c1' }]))
    expect(server.requests[0]!.method).toBe('POST')
  })

  test('is the last id of a bare array', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) json(response, [{ id: 1 }, { id: 2 }])
    })
    const { client } = connect(server.url)
    await waitFor(() => expect(server.requests.map(cursorOf)).toEqual([null, '2']))
    expect(client.getLastId()).toBe('2')
  })

  test('is read from an answer of another shape', async () => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) json(response, { result: { items: [{ kind: 'x', n: 1 }] }, next: 'p2' })
    })
    const { seen } = connect(server.url, {
      read(body) {
        const { result, next } = body as { result: { items: { kind: string }[] }; next: string }
        return { messages: result.items.map((item) => ({ type: item.kind, data: item })), cursor: next }
      },
    })
    await waitFor(() => expect(server.requests.map(cursorOf)).toEqual([null, 'p2']))
    expect(seen.messages).toEqual([{ type: 'x', data: { kind: 'x', n: 1 }, id: undefined }])
  })

  test('does not move when the client is closed in the middle of a batch, and nothing is doubled after', async () => {
    await using server = await startAdHocServer((request, response) => {
      if (cursorOf(request) === null) json(response, { messages: [1, 2, 3].map((id) => ({ id, data: id })), lastId: 3 })
    })
    const { client, seen } = connect(server.url)
    const off = client.on('message', () => client.close())
    await seen.status('closed')
    expect(client.getLastId()).toBeUndefined()
    off()
    client.connect()
    await waitFor(() => expect(seen.data).toEqual([1, 2, 3]))
  })
})

describe('answers', () => {
  test('that bring nothing at once are not asked for in a storm', async () => {
    const times: number[] = []
    await using server = await startAdHocServer((_, response, number) => {
      times.push(performance.now())
      if (number % 3 === 0) json(response, { messages: [] })
      else response.writeHead(number % 3 === 1 ? 204 : 304).end()
    })
    const { errors } = connect(server.url, { minIntervalMs: 100 })
    await waitFor(() => expect(times).toHaveLength(4))
    for (const [index, time] of times.slice(1).entries()) expect(time - times[index]!).toBeGreaterThan(80)
    expect(errors).toEqual([])
  })

  test('that repeat messages are dropped, and not asked for in a storm', async () => {
    await using server = await startAdHocServer((_, response, number) =>
      json(response, {
        messages:
          number < 3
            ? [{ id: 1, data: 1 }]
            : [
                { id: 1, data: 1 },
                { id: 2, data: 2 },
              ],
        lastId: 1,
      }),
    )
    const { seen } = connect(server.url, { minIntervalMs: 20 })
    await waitFor(() => expect(server.requests.length).toBeGreaterThan(5))
    expect(seen.data).toEqual([1, 2])
  })

  test('of two requests never overlap', async () => {
    let running = 0
    let most = 0
    await using server = await startAdHocServer((_, response, number) => {
      most = Math.max(most, ++running)
      setImmediate(() => {
        running--
        json(response, { messages: [{ id: number }], lastId: number })
      })
    })
    const { seen } = connect(server.url)
    await waitFor(() => expect(seen.messages.length).toBeGreaterThan(50))
    expect(most).toBe(1)
  })

  test.for([
    [502, 'text/html', '<h1>Bad gateway</h1>', 'status 502'],
    [504, 'text/html', '<h1>Gateway time-out</h1>', 'status 504'],
    [200, 'text/html', '<h1>Log in</h1>', 'text/html'],
    [200, 'application/json', '{"messages":', 'application/json'],
    [200, 'application/json', '42', 'application/json'],
    [200, 'application/json', 'null', 'application/json'],
    [200, 'application/json', '{"messages":7}', 'application/json'],
  ] as const)('%d %s %s is an error, and asked again from the same cursor', async ([status, type, body, named]) => {
    await using server = await startAdHocServer((_, response, number) => {
      if (number === 0) json(response, { messages: [{ id: 1, data: 1 }], lastId: 1 })
      else if (number === 1) response.writeHead(status, { 'Content-Type': type }).end(body)
      else if (number === 2) json(response, { messages: [{ id: 2, data: 2 }], lastId: 2 })
    })
    const { seen, errors } = connect(server.url)
    await waitFor(() => expect(seen.data).toEqual([1, 2]))
    expect(errors).toMatchObject([{ retryable: true, message: expect.stringContaining(named) }])
    expect(server.requests.map(cursorOf).slice(0, 3)).toEqual([null, '1', '1'])
  })

  test('Retry-After is kept', async () => {
    await using server = await startAdHocServer(
      (_, response) => void response.writeHead(429, { 'Retry-After': '2' }).end(),
    )
    const { seen } = connect(server.url)
    const { retryAt } = await seen.status('reconnecting')
    expect(retryAt! - Date.now()).toBeGreaterThan(1500)
  })

  test('404 ends it', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(404).end())
    const { seen } = connect(server.url)
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'refused', status: 404 })
  })

  test('401 asks for new credentials once, then ends it', async () => {
    await using server = await startAdHocServer((_, response) => void response.writeHead(401).end())
    const headers = vi.fn(() => ({ authorization: 'Bearer dead' }))
    const { seen } = connect(server.url, { headers })
    await seen.status('failed')
    expect(seen.error).toMatchObject({ code: 'unauthenticated' })
    expect(headers).toHaveBeenCalledTimes(2)
  })
})

test('it is open when the server holds the first request', async () => {
  await using server = await startAdHocServer(() => {})
  const { seen } = connect(server.url)
  await seen.status('open')
  expect(server.requests).toHaveLength(1)
})

test('after a wake-up the held request is made anew', async () => {
  const page = new EventTarget()
  vi.stubGlobal('window', page)
  onTestFinished(() => void vi.unstubAllGlobals())
  await using server = await startAdHocServer(() => {})
  const { errors } = connect(server.url)
  await waitFor(() => expect(server.requests).toHaveLength(1))
  page.dispatchEvent(new Event('online'))
  await waitFor(() => expect(server.requests).toHaveLength(2))
  expect(errors).toEqual([])
})
