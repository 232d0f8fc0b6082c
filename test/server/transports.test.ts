import { expect, test } from 'vitest'
import { connect, openObject, poll, pub, send, serve, stream } from './support.ts'

const OPEN_TOPICS = { topics: { chat: { clientSend: true } } }

test('a WebSocket hears what is published after its sub frame', async () => {
  const { realtime, url } = await serve()
  const client = await connect(url, openObject({ 'ticker:A': null }))
  expect(await client.frame('open')).toMatchObject({ v: 1, hb: 25_000, caps: [] })
  expect(await client.frame('sub')).toMatchObject({ c: 'ticker:A', n: 0 })
  const { id } = await realtime.publish('ticker:A', 'tick', { price: 1 })
  expect(await client.frame('m')).toMatchObject({ c: 'ticker:A', e: 'tick', d: { price: 1 }, i: id })
})

test.each(['POST', 'GET'] as const)(
  'an event stream opened with %s hears open at once, then messages',
  async (method) => {
    const { realtime, url } = await serve()
    const client = await stream(url, openObject({ 'ticker:A': null }, { pad: 2_000 }), { method })
    expect(Object.fromEntries(client.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    await client.frame('sub')
    const { id } = await realtime.publish('ticker:A', 'tick', 1)
    await client.untilData([1])
    expect(client.ids.at(-1)).toBe(`1~ticker%3AA=${id}`)
    expect(client.retries).toHaveLength(1)
    expect(client.comments[0]).toHaveLength(2_001)
  },
)

test('a long poll without position is answered at once, and the next one with the first message', async () => {
  const { realtime, url } = await serve()
  const first = await poll(url, openObject({ 'ticker:A': null }))
  expect(first.frames.map(({ t }) => t)).toEqual(['open', 'sub'])
  const { i } = await first.frame('sub')
  const second = poll(url, openObject({ 'ticker:A': i }))
  await expect.poll(() => realtime.stats().connections.longpoll).toBe(1)
  await realtime.publish('ticker:A', 'tick', 1)
  const { frames, response } = await second
  expect(frames.map(({ t }) => t)).toEqual(['open', 'sub', 'm'])
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0)
  expect(realtime.stats()).toMatchObject({ connections: { longpoll: 0 }, subscriptions: 0 })
})

test('a long poll that missed something is answered at once, with sub after it', async () => {
  const { realtime, url } = await serve()
  const { id } = await realtime.publish('ticker:A', 'tick', 1)
  await realtime.publish('ticker:A', 'tick', 2)
  const client = await poll(url, openObject({ 'ticker:A': id }))
  expect(client.frames).toMatchObject([{ t: 'open' }, { t: 'm', d: 2 }, { t: 'sub', n: 1 }])
})

test('a long poll without news ends after its wait with a heartbeat', async () => {
  const { realtime, url } = await serve()
  const { id } = await realtime.publish('ticker:A', 'tick', 1)
  const client = await poll(url, openObject({ 'ticker:A': id }, { wait: 50 }))
  expect(client.frames.map(({ t }) => t)).toEqual(['open', 'sub', 'hb'])
})

test('a long poll whose client went away leaves nothing behind', async () => {
  const { realtime, url } = await serve()
  const { id } = await realtime.publish('ticker:A', 'tick', 1)
  const abort = new AbortController()
  const gone = poll(url, openObject({ 'ticker:A': id }), { signal: abort.signal })
  await expect.poll(() => realtime.stats().connections.longpoll).toBe(1)
  abort.abort()
  await expect(gone).rejects.toThrow(/abort/)
  await expect.poll(() => realtime.stats().subscriptions).toBe(0)
})

test('a send over WebSocket and one over POST store once each, in order, and repeats are told so', async () => {
  const { url } = await serve(OPEN_TOPICS)
  const client = await connect(url, openObject({ 'chat:a': null }))
  await client.frame('sub')
  client.send(pub('chat:a', 'one', 'key-1'))
  const { i } = await client.frame('ack')
  const { frames } = await send(url, [
    pub('chat:a', 'one', 'key-1'),
    pub('chat:a', 'two', 'key-2'),
    pub('chat:a', 'other', 'key-1'),
  ])
  expect(frames).toMatchObject([
    { t: 'ack', id: 'id-key-1', i, dup: 1 },
    { t: 'ack', id: 'id-key-2' },
    { t: 'err', id: 'id-key-1', code: 4022 },
  ])
  await client.untilData(['one', 'two'])
})

test('twenty concurrent sends with one key store one message', async () => {
  const { url } = await serve(OPEN_TOPICS)
  const client = await connect(url, openObject({ 'chat:a': null }))
  await client.frame('sub')
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(url, [pub('chat:a', 'one', 'key-1')])))
  expect(answers.flatMap(({ frames }) => frames).filter((frame) => frame.t === 'ack' && !frame.dup)).toHaveLength(1)
  expect(client.data()).toEqual(['one'])
})

test('binary data is a binary WebSocket message for who can read it, base64 for the others', async () => {
  const { realtime, url } = await serve()
  const able = await connect(url, openObject({ 'raw:a': null }, { caps: ['bin'] }))
  const other = await connect(url, openObject({ 'raw:a': null }))
  const binaries: Buffer[] = []
  able.ws.on('message', (data: Buffer, isBinary: boolean) => isBinary && binaries.push(data))
  await Promise.all([able.frame('sub'), other.frame('sub')])
  expect(await able.frame('open')).toMatchObject({ caps: ['bin'] })
  await realtime.publish('raw:a', 'bytes', new Uint8Array([1, 10, 255]))
  expect(await other.frame('m')).toMatchObject({ d: new Uint8Array([1, 10, 255]) })
  await expect.poll(() => binaries.length).toBe(1)
  expect(binaries[0]!.subarray(-4)).toEqual(Buffer.from([10, 1, 10, 255]))
  expect(JSON.parse(binaries[0]!.subarray(0, -4).toString())).toMatchObject({ t: 'm', c: 'raw:a', b: 1 })
})

test.each(['websocket', 'sse', 'longpoll'] as const)(
  'a resume over %s gets what was missed, in order',
  async (transport) => {
    const { realtime, url } = await serve()
    const { id } = await realtime.publish('ticker:A', 'tick', 0)
    for (let number = 1; number <= 20; number++) await realtime.publish('ticker:A', 'tick', number)
    const open = openObject({ 'ticker:A': id })
    const client =
      transport === 'websocket'
        ? await connect(url, open)
        : transport === 'sse'
          ? await stream(url, open)
          : await poll(url, open)
    expect(await client.frame('sub')).toMatchObject({ n: 20 })
    expect(client.data()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  },
)

test('a poll is answered with all that was missed and the end of it, however many parts that is written in', async () => {
  const { realtime, url } = await serve()
  const texts = Array.from({ length: 30 }, (_, n) => `${n}`.padEnd(20_000, '.'))
  for (const text of texts) await realtime.publish('a', 'n', text)
  const { frames } = await poll(url, openObject({ a: '0' }))
  expect(frames.map(({ t }) => t)).toEqual(['open', ...texts.map(() => 'm'), 'sub'])
  expect(frames.at(-1)).toMatchObject({ t: 'sub', n: 30 })
})
