import { expect, test } from 'vitest'
import { memoryBackplane, type RealtimeServerOptions } from '../../src/server.ts'
import { faultyBackplane } from '../support/faulty-backplane.ts'
import { connect, openObject, serve } from './support.ts'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)

async function serveFaulty(options: RealtimeServerOptions = {}) {
  const backplane = faultyBackplane(memoryBackplane())
  const { realtime, url } = await serve({ backplane, verifyMs: 60_000, log: () => {}, ...options })
  const publish = async (count: number, from = 0) => {
    const ids: string[] = []
    for (const number of numbers(count, from)) ids.push((await realtime.publish('t:a', 'n', number)).id)
    return ids
  }
  return { backplane, realtime, url, publish }
}

test('a live feed that drops messages loses nothing: the next one shows the gap', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  backplane.setFault((count) => (count % 3 === 0 ? 'drop' : 'pass'))
  await publish(30)
  backplane.setFault(() => 'pass')
  await publish(1, 30)
  await client.untilData(numbers(31))
})

test('a live feed that fell silent after a drop is found out by its reconnect, and by comparing heads', async () => {
  const { backplane, url, publish } = await serveFaulty({ verifyMs: 30 })
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  backplane.setFault(() => 'drop')
  await publish(5)
  await client.untilData(numbers(5))
})

test('a reconnect of the live feed alone brings what it missed', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  backplane.setFault(() => 'drop')
  await publish(5)
  backplane.reconnect()
  await client.untilData(numbers(5))
})

test('repeated and overtaken messages arrive once, in order', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  backplane.setFault((count) => (count % 4 === 0 ? 'hold' : 'twice'))
  await publish(20)
  backplane.release()
  await client.untilData(numbers(20))
})

test('another message in the place of one makes the feed read the history, which is the truth', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  const [, second] = await publish(3)
  await client.untilData(numbers(3))
  const reads = backplane.reads
  backplane.forge('/t:a', { pos: second!.replace(/(\.\d+)-.*$/, '$1-zzzzzz'), data: '{"e":"n","d":"forged"}' })
  await expect.poll(() => backplane.reads).toBeGreaterThan(reads)
  await publish(1, 3)
  await client.untilData(numbers(4))
})

/** A feed and its subscriber followed a message that a failed master delivered and its successor never had. */
async function serveFork() {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  const [first] = await publish(1)
  await client.untilData([0])
  backplane.forge('/t:a', { pos: first!.replace(/\.1-.*$/, '.2-zzzzzz'), data: '{"e":"n","d":"lost"}' })
  return { backplane, url, publish, client }
}

test('a feed that followed a fork resets its subscribers, who then go on', async () => {
  const { client, publish } = await serveFork()
  await publish(1, 1)
  expect(await client.frame('reset')).toMatchObject({ why: 'fork' })
  await publish(1, 2)
  await client.untilData([0, 'lost', 2])
})

test('a fork is noticed with the next message, also where what took its place was lost live too', async () => {
  const { client, publish, backplane } = await serveFork()
  backplane.setFault((count) => (count === 0 ? 'drop' : 'pass'))
  await publish(2, 1)
  expect(await client.frame('reset')).toMatchObject({ why: 'fork' })
  await publish(1, 3)
  await client.untilData([0, 'lost', 3])
})

test('who joins while a feed follows a fork is told what the history has', async () => {
  const { client, publish, backplane, url } = await serveFork()
  backplane.setFault(() => 'drop')
  const [second] = await publish(1, 1)
  const other = await connect(url, openObject({ 't:a': '0' }))
  expect(await other.frame('sub')).toMatchObject({ i: second })
  expect(await client.frame('reset')).toMatchObject({ why: 'fork' })
})

test('an engine that is away delays messages, and loses none', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  backplane.setAway(true)
  backplane.setFault((count) => (count === 0 ? 'drop' : 'pass'))
  const reads = backplane.reads
  await publish(3)
  await expect.poll(() => backplane.reads).toBeGreaterThan(reads + 1)
  backplane.setAway(false)
  await client.untilData(numbers(3))
})

test('fifty resumes from one place share one read of the history', async () => {
  const { backplane, url, publish } = await serveFaulty()
  const [first] = await publish(20)
  const clients = await Promise.all(numbers(50).map(() => connect(url)))
  for (const client of clients) client.send({ t: 'open', ...openObject({ 't:a': first! }) })
  await Promise.all(clients.map((client) => client.untilData(numbers(19, 1))))
  expect(backplane.reads).toBeLessThanOrEqual(3)
})

test('messages published while clients resume arrive once and in order', async () => {
  const { url, publish } = await serveFaulty({ topics: { t: { history: 500 } } })
  const ids = await publish(50)
  const publishing = publish(200, 50)
  const clients = await Promise.all(ids.map((id) => connect(url, openObject({ 't:a': id }))))
  await publishing
  await Promise.all(clients.map((client, index) => client.untilData(numbers(249 - index, index + 1))))
})

test.each([
  ['trimmed', (id: string) => id],
  ['epoch', (id: string) => id.replace(/^[^.]+/, 'anOther1')],
  ['fork', (id: string) => id.replace(/\.\d+-/, '.99-')],
])('a resume that cannot be joined is a reset: %s', async (why, damage) => {
  const { url, publish } = await serveFaulty({ topics: { t: { history: 5 } } })
  const ids = await publish(10)
  const client = await connect(url, openObject({ 't:a': damage(ids[0]!) }))
  expect(await client.frame('reset')).toMatchObject({ why, i: ids[9] })
  expect(await client.frame('sub')).toMatchObject({ i: ids[9], n: 0 })
})

test('a resume that missed more than one replay holds is a reset, from the oldest kept it is the newest of them', async () => {
  const { url, publish } = await serveFaulty({ topics: { t: { history: 100 } }, limits: { replayMessages: 10 } })
  const ids = await publish(30)
  const late = await connect(url, openObject({ 't:a': ids[0]! }))
  expect(await late.frame('reset')).toMatchObject({ why: 'limit' })
  const all = await connect(url, openObject({ 't:a': '0' }))
  await all.untilData(numbers(10, 20))
  expect(all.frames.some(({ t }) => t === 'reset')).toBe(false)
})

test('after a reset the snapshot comes first, then what was published while it was made', async () => {
  let finish: ((state: unknown) => void) | undefined
  const snapshot = () => new Promise((resolve) => (finish = resolve))
  const { url, publish } = await serveFaulty({ topics: { t: { history: 5, snapshot } } })
  const ids = await publish(10)
  const client = await connect(url, openObject({ 't:a': ids[0]! }))
  await expect.poll(() => finish).toBeDefined()
  await publish(2, 10)
  finish!({ sum: 45 })
  await client.untilData([10, 11])
  const order = client.frames.filter(({ t }) => t !== 'open')
  expect(order).toMatchObject([
    { t: 'reset', i: ids[9] },
    { t: 'snap', i: ids[9], d: { sum: 45 } },
    { t: 'm' },
    { t: 'm' },
    { t: 'sub' },
  ])
})

test('of a topic whose newest message counts, a resume gets that one and no reset', async () => {
  const { url, publish } = await serveFaulty({ topics: { t: { kind: 'latest' } } })
  const ids = await publish(10)
  const client = await connect(url, openObject({ 't:a': ids[0]! }))
  await client.untilData([9])
  expect(client.frames.some(({ t }) => t === 'reset')).toBe(false)
})

test('subscribing again from an earlier place replays, with live messages after it', async () => {
  const { url, publish } = await serveFaulty()
  const ids = await publish(3)
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  await publish(1, 3)
  client.send({ t: 'sub', c: { 't:a': ids[0] } })
  await client.frame('sub', 1)
  await publish(1, 4)
  await client.untilData([3, 1, 2, 3, 4])
})
