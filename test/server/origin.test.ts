import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createRealtimeServer, type RealtimeServerOptions } from '../../src/server.ts'
import { openObject, pub, serve } from './support.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
}

/** Asks as a browser would for a page of `origin`; `fetch` of Node would not send these headers. */
async function ask(
  url: string,
  path: string,
  headers: Record<string, string>,
  method = 'POST',
  body = '',
): Promise<Answer> {
  const asked = request(`${url}/${path}`, { method, headers: { cookie: 'session=1', ...headers } })
  asked.end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.destroy()
  return { status: response.statusCode!, headers: response.headers }
}

async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'everwire.v1', {
    headers: { cookie: 'session=1', ...headers },
  })
  ws.on('error', () => {})
  return new Promise((resolve) => {
    ws.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!)
      ws.terminate()
    })
    ws.on('open', () => {
      resolve(101)
      ws.terminate()
    })
  })
}

const LISTED = 'https://app.example'
const EVIL = [
  'https://evil.example',
  'null',
  'https://app.example.evil.com',
  'https://evilapp.example',
  'http://app.example',
  'https://app.example:444',
  'HTTPS://APP.EXAMPLE',
  'https://app.example.',
  'https://app.example/',
]

describe.each<{ name: string; options: RealtimeServerOptions }>([
  { name: 'same', options: {} },
  { name: 'a list', options: { origins: [LISTED] } },
])('with origins: $name', ({ options }) => {
  test.each(EVIL)('a page of %s gets nothing over any endpoint, and does nothing', async (origin) => {
    const { realtime, url } = await serve({ ...options, topics: { chat: { clientSend: true } } })
    expect(await upgradeStatus(url, { origin })).toBe(403)
    const open = JSON.stringify(openObject({ 'chat:a': null }))
    const query = `sse?o=${Buffer.from(open).toString('base64url')}`
    const sent = JSON.stringify({ v: 1, sid: 'test-session-0001', f: [pub('chat:a', 1, 'key-1')] })
    const answers = [
      await ask(url, 'sse', { origin }, 'POST', open),
      await ask(url, query, { origin }, 'GET'),
      await ask(url, 'poll', { origin }, 'POST', open),
      await ask(url, 'send', { origin, 'content-type': 'application/json' }, 'POST', sent),
      await ask(url, 'send', { origin, 'access-control-request-method': 'POST' }, 'OPTIONS'),
    ]
    for (const { status, headers } of answers) {
      expect(status).toBe(403)
      expect(headers['access-control-allow-origin']).toBeUndefined()
      expect(headers['vary']).toBe('Origin')
    }
    expect(realtime.stats()).toMatchObject({ feeds: 0, subscriptions: 0 })
  })

  test('a page of the same host connects', async () => {
    const { url } = await serve(options)
    expect(await upgradeStatus(url, { origin: new URL(url).origin })).toBe(101)
  })

  test('a plain request from another site is refused even without an Origin', async () => {
    const { url } = await serve(options)
    expect((await ask(url, 'sse?o=e30', { 'sec-fetch-site': 'cross-site' }, 'GET')).status).toBe(403)
  })
})

test('a listed origin connects with cookies, and its preflight names the headers', async () => {
  const { url } = await serve({ origins: [LISTED] })
  expect(await upgradeStatus(url, { origin: LISTED })).toBe(101)
  const preflight = await ask(url, 'send', { origin: LISTED, 'access-control-request-method': 'POST' }, 'OPTIONS')
  expect(preflight.status).toBe(204)
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': LISTED,
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'content-type, authorization, last-event-id, idempotency-key',
    vary: 'Origin',
  })
})

test('with * any page connects, and its cookies are not seen', async () => {
  const cookies: unknown[] = []
  const { url } = await serve({
    origins: '*',
    authenticate({ headers }) {
      cookies.push(headers.cookie)
      return { user: 'ann' }
    },
  })
  const open = JSON.stringify(openObject({}, { wait: 0 }))
  const { status, headers } = await ask(url, 'poll', { origin: 'https://evil.example' }, 'POST', open)
  expect(status).toBe(200)
  expect(headers['access-control-allow-origin']).toBe('*')
  expect(headers['access-control-allow-credentials']).toBeUndefined()
  expect(cookies).toEqual([undefined])
})

test.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
  'a send as %j, which needs no preflight, is refused',
  async (type) => {
    const { url } = await serve({ topics: { chat: { clientSend: true } } })
    const sent = JSON.stringify({ v: 1, sid: 'test-session-0001', f: [pub('chat:a', 1, 'key-1')] })
    expect((await ask(url, 'send', { 'content-type': type }, 'POST', sent)).status).toBe(415)
  },
)

test('an origin that is not exact is a mistake at the call', () => {
  expect(() => createRealtimeServer({ origins: ['app.example'] })).toThrow('an origin must be exact')
})
