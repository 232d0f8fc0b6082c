import { expect, test } from 'vitest'
import { connect, openObject, serve } from './support.ts'

const TEXT = 'x'.repeat(4_000)
const COUNT = 3_000

test('a client that stops reading bounds the memory, and gets every message when it reads again', async () => {
  const { realtime, url } = await serve({ topics: { t: { history: COUNT + 1 } } })
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  client.ws.pause()
  let most = 0
  for (let number = 0; number < COUNT; number++) {
    await realtime.publish('t:a', 'n', { number, TEXT })
    most = Math.max(most, realtime.stats().bufferedBytes)
    if (number % 50 === 0) await new Promise(setImmediate)
  }
  expect(most).toBeLessThan(1_000_000)
  client.ws.resume()
  await expect.poll(() => client.data().length, { timeout: 10_000 }).toBe(COUNT)
  expect(client.data().map((data) => (data as { number: number }).number)).toEqual([...Array(COUNT).keys()])
  expect(client.frames.some(({ t }) => t === 'reset')).toBe(false)
})

test('past the history window a client that was behind is told so', async () => {
  const { realtime, url } = await serve({ topics: { t: { history: 10 } } })
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  client.ws.pause()
  for (let number = 0; number < COUNT; number++) {
    await realtime.publish('t:a', 'n', { number, TEXT })
    if (number % 50 === 0) await new Promise(setImmediate)
  }
  client.ws.resume()
  expect(await client.frame('reset')).toMatchObject({ why: 'trimmed' })
})

test('a client that takes nothing for too long is ended', async () => {
  const { realtime, url } = await serve({ limits: { behindMs: 100 } })
  const client = await connect(url, openObject({ 't:a': null }))
  await client.frame('sub')
  client.ws.pause()
  await expect
    .poll(
      async () => {
        for (let number = 0; number < 200; number++) await realtime.publish('t:a', 'n', TEXT)
        return realtime.connections
      },
      { timeout: 10_000 },
    )
    .toBe(0)
})
