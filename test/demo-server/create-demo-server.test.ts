import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { listenDemoServer } from '../../demo-server/listen.ts'
import { CODE } from '../../src/protocol/codes.ts'

interface Frame {
  readonly t: string
  readonly c?: string
  readonly e?: string
  readonly d?: unknown
  readonly id?: string
  readonly msg?: string
}

async function startDemo() {
  const server = await listenDemoServer()
  onTestFinished(server.stop)
  return server
}

/** Subscribes over a raw WebSocket and collects the frames that come. */
function subscribe(url: string, topic: string, from: '0' | null = null, auth?: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime/ws`, 'everwire.v1')
  onTestFinished(() => socket.terminate())
  const frames: Frame[] = []
  socket.on('open', () =>
    socket.send(JSON.stringify({ t: 'open', v: 1, sid: 'test-session', auth, subs: { [topic]: from } })),
  )
  socket.on('message', (batch: Buffer) => {
    for (const line of batch.toString().split('\n')) frames.push(JSON.parse(line) as Frame)
  })
  const messages = () => frames.filter((frame) => frame.t === 'm')
  return {
    socket,
    messages,
    publish: (event: string, data: unknown, id: string) =>
      socket.send(JSON.stringify({ t: 'pub', id, c: topic, e: event, d: data, k: `key-${id}` })),
    hears: (type: string) =>
      vi.waitFor(() => {
        const frame = frames.findLast(({ t }) => t === type)
        if (!frame) throw new Error(`expected a frame "${type}", got ${JSON.stringify(frames.map(({ t }) => t))}`)
        return frame
      }),
    hearsMessages: (count: number) =>
      vi.waitFor(() => {
        expect(messages().length).toBeGreaterThanOrEqual(count)
        return messages()
      }, 5000),
  }
}

test('an expired token is refused for good, and any other one is a name', async () => {
  const { url, demo } = await startDemo()
  const expired = subscribe(url, 'chat:lobby', null, 'expired')
  expect(await expired.hears('bye')).toMatchObject({ code: CODE.unauthenticated })
  await subscribe(url, 'chat:lobby', null, 'ann').hears('sub')
  expect(demo.realtime.stats().connections.websocket).toBe(1)
})

const postJson = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('what one visitor says in a room, another one hears and a late one finds in the history', async () => {
  const { url } = await startDemo()
  const ann = subscribe(url, 'chat:lobby')
  const bob = subscribe(url, 'chat:lobby')
  await ann.hears('sub')
  await bob.hears('sub')
  ann.publish('message', { name: ' Ann ', text: 'hello', extra: 'dropped' }, '1')
  await ann.hears('ack')
  const [heard] = await bob.hearsMessages(1)
  expect(heard).toMatchObject({ c: 'chat:lobby', e: 'message', d: { name: 'Ann', text: 'hello' } })
  expect(heard?.d).not.toHaveProperty('extra')
  const late = subscribe(url, 'chat:lobby', '0')
  expect(await late.hearsMessages(1)).toHaveLength(1)
})

test.for([
  ['message', { name: '', text: 'x' }, 'the name must be 1 to 40 characters, got 0'],
  ['message', { name: 'n'.repeat(41), text: 'x' }, 'the name must be 1 to 40 characters, got 41'],
  ['message', { name: 'Ann', text: 'x'.repeat(2001) }, 'the text must be 1 to 2000 characters, got 2001'],
  ['message', { name: 'Ann' }, 'the text must be text, got undefined'],
  ['message', 'hello', 'a chat message must be an object {name, text}'],
  ['shout', { name: 'Ann', text: 'x' }, 'a chat room takes "message", got "shout"'],
] as const)('a room refuses "%s" with %j and says why', async ([event, data, reason]) => {
  const { url } = await startDemo()
  const room = subscribe(url, 'chat:strict')
  await room.hears('sub')
  room.publish(event, data, '1')
  expect(await room.hears('err')).toMatchObject({ id: '1', msg: expect.stringContaining(reason) as string })
  expect(room.messages()).toEqual([])
})

test('only rooms take messages of visitors', async () => {
  const { url } = await startDemo()
  const ticker = subscribe(url, 'ticker:mine')
  await ticker.hears('sub')
  ticker.publish('price-update', { symbol: 'AMBR', price: 1 }, '1')
  expect(await ticker.hears('err')).toMatchObject({ id: '1' })
})

test('a ticker moves all of its 20 symbols, the same way for the same name', async () => {
  const [one, two] = [await startDemo(), await startDemo()]
  const first = await subscribe(one.url, 'ticker:same', '0').hearsMessages(20)
  const second = await subscribe(two.url, 'ticker:same', '0').hearsMessages(20)
  const data = (frames: Frame[]) => frames.slice(0, 20).map(({ e, d }) => ({ e, d }))
  expect(data(first)).toEqual(data(second))
  expect(new Set(first.slice(0, 20).map(({ d }) => (d as { symbol: string }).symbol)).size).toBe(20)
  expect(first[0]).toMatchObject({ e: 'price-update' })
})

test('a counter numbers its messages from 1, at the rate that was asked for', async () => {
  const { url } = await startDemo()
  expect(await (await postJson(`${url}/counters/fast`, { perSecond: 500 })).json()).toEqual({ perSecond: 500 })
  const started = performance.now()
  const messages = await subscribe(url, 'counter:fast', '0').hearsMessages(200)
  expect(performance.now() - started).toBeLessThan(4000)
  expect(messages.map(({ d }) => (d as { n: number }).n)).toEqual(messages.map((_, index) => index + 1))
})

test('a rate out of bounds is refused with what is allowed', async () => {
  const { url } = await startDemo()
  const response = await postJson(`${url}/counters/fast`, { perSecond: 501 })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({ error: '"perSecond" must be a number from 1 to 500, got 501' })
})

test('a race answers "go" with so many messages, and refuses what it does not know', async () => {
  const { url } = await startDemo()
  const { hears, messages, publish } = subscribe(url, 'race:test')
  await hears('sub')
  publish('go', { count: 30 }, '1')
  await vi.waitFor(() => expect(messages().filter(({ e }) => e === 'burst')).toHaveLength(30))
  expect(messages().map(({ d }) => d)).toEqual([{ count: 30 }, ...Array.from({ length: 30 }, (_, index) => index + 1)])
  publish('go', { count: 5001 }, '2')
  expect((await hears('err')).msg).toContain('"count" must be a whole number from 1 to 5000')
})

test('the tutorial endpoints stand beside', async () => {
  const { url } = await startDemo()
  const sent = await postJson(`${url}/tutorial/send`, { topic: 'news', type: 'message', data: 1 })
  expect(sent.ok).toBe(true)
})

test('what is not there is answered 404, upgrades too', async () => {
  const { url } = await startDemo()
  expect((await fetch(`${url}/nowhere`)).status).toBe(404)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/nowhere`)
  const refused = await new Promise<Error>((resolve) => socket.once('error', resolve))
  expect(refused.message).toContain('404')
})

test('stopping says goodbye and leaves nothing behind, however often it is asked', async () => {
  const server = await startDemo()
  const room = subscribe(server.url, 'chat:closing')
  await room.hears('sub')
  await Promise.all([server.stop(), server.stop()])
  await room.hears('bye')
  await vi.waitFor(() => expect(room.socket.readyState).toBe(WebSocket.CLOSED))
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
})
