import { expect, test } from 'vitest'
import { memoryBackplane } from '../../src/server.ts'
import { connect, openObject, pub, send, serve } from './support.ts'

/** A history that fails to take one message, the `failAt`th. */
function failingOnce(failAt: number) {
  const backplane = memoryBackplane()
  let count = 0
  return {
    ...backplane,
    publish: (...args: Parameters<typeof backplane.publish>) =>
      ++count === failAt ? Promise.reject(new Error('the engine is away')) : backplane.publish(...args),
  }
}

const CHAT = { topics: { chat: { clientSend: true } }, log: () => {} }

test('messages of a WebSocket that are behind one that must be sent again do not overtake it', async () => {
  const { url } = await serve({ ...CHAT, backplane: failingOnce(2) })
  const client = await connect(url, openObject({ 'chat:a': null }))
  await client.frame('sub')
  const frames = ['1', '2', '3', '4'].map((key) => pub('chat:a', key, key))
  client.send(...frames)
  await client.frame('err', 2)
  expect(client.data('chat:a')).toEqual(['1'])
  const refused = client.frames.filter((frame) => frame.t === 'err')
  expect(refused.every(({ retry }) => retry !== undefined)).toBe(true)
  client.send(...frames.slice(1))
  await client.untilData(['1', '2', '3', '4'], 'chat:a')
})

test('messages of one send that are behind one that must be sent again do not overtake it', async () => {
  const { url, realtime } = await serve({ ...CHAT, backplane: failingOnce(2) })
  const frames = ['1', '2', '3'].map((key) => pub('chat:a', key, key))
  const first = await send(url, frames)
  expect(first.frames.map(({ t }) => t)).toEqual(['ack', 'err', 'err'])
  const second = await send(url, frames.slice(1))
  expect(second.frames.map(({ t }) => t)).toEqual(['ack', 'ack'])
  const listener = await connect(url, openObject({ 'chat:a': '0' }))
  await listener.untilData(['1', '2', '3'], 'chat:a')
  expect(realtime.connections).toBe(1)
})
