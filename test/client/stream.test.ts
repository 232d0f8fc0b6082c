import { expect, test, vi } from 'vitest'
import type { Message } from '../../src/client/message.ts'
import type { TopicListener } from '../../src/client/realtime-client.ts'
import { type StreamOptions, streamTopic } from '../../src/client/stream.ts'
import { createScope } from '../../src/lib/scope.ts'

function start(options: StreamOptions<number> = {}, onThrow?: (cause: unknown) => void) {
  const scope = createScope()
  const stop = vi.fn<() => void>()
  let listener: TopicListener | undefined
  const listen = (_: string, given: TopicListener) => {
    listener = given
    return stop
  }
  const stream = streamTopic<number>(scope, listen, 'a', { replay: 2, ...options }, onThrow)
  const publish = (...numbers: number[]) => {
    for (const data of numbers)
      listener!.onMessage({ id: `e.${data}-x`, topic: 'a', type: data % 2 ? 'odd' : 'even', data } as Message)
  }
  return { scope, stop, stream, publish, listener: () => listener }
}

test('gives what came before it was read, and then what comes', async () => {
  const { stream, publish, listener } = start()
  expect(listener()?.replay).toBe(2)
  publish(1, 2)
  const seen: number[] = []
  for await (const { data } of stream) {
    seen.push(data)
    if (data === 2) queueMicrotask(() => publish(3, 4))
    if (data === 4) break
  }
  expect(seen).toEqual([1, 2, 3, 4])
})

test('what onReset throws is told, and the stream goes on', async () => {
  const mistake = new Error('my mistake')
  const thrown: unknown[] = []
  const { stream, publish, listener } = start(
    {
      onReset() {
        throw mistake
      },
    },
    (cause) => thrown.push(cause),
  )
  listener()!.onReset!({ topic: 'a', why: 'trimmed', id: 'e.1-x' })
  publish(2)
  expect((await stream.next()).value?.data).toBe(2)
  expect(thrown).toEqual([mistake])
})

test('ends its subscription when the loop is left', async () => {
  const { stream, publish, stop } = start()
  publish(1, 2)
  for await (const _ of stream) break
  expect(stop).toHaveBeenCalledOnce()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('ends when the signal aborts while it waits, after what had come', async () => {
  const controller = new AbortController()
  const { stream, publish, stop } = start({ signal: controller.signal })
  publish(1)
  const seen: number[] = []
  const loop = (async () => {
    for await (const { data } of stream) seen.push(data)
  })()
  await Promise.resolve()
  controller.abort()
  await loop
  expect(seen).toEqual([1])
  expect(stop).toHaveBeenCalledOnce()
})

test('does not begin with a signal that aborted before', async () => {
  const { stream, listener } = start({ signal: AbortSignal.abort() })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect(listener()).toBeUndefined()
})

test('ends with the client', async () => {
  const { stream, scope } = start()
  const next = stream.next()
  scope.stop()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('answers several reads at once, in order', async () => {
  const { stream, publish } = start()
  const reads = [stream.next(), stream.next(), stream.next()]
  publish(1)
  await reads[0]
  publish(2, 3)
  expect((await Promise.all(reads)).map(({ value }) => value?.data)).toEqual([1, 2, 3])
})

test('tells a reset in its place, without what was said before it', async () => {
  const heard: unknown[] = []
  const { stream, publish, listener } = start({ onReset: ({ why, id }) => heard.push(`${why} ${id}`) })
  publish(1)
  heard.push((await stream.next()).value?.data)
  publish(2)
  listener()!.onReset!({ topic: 'a', why: 'trimmed', id: 'e.7-x' })
  publish(8)
  heard.push((await stream.next()).value?.data)
  expect(heard).toEqual([1, 'trimmed e.7-x', 8])
})

test('a full buffer is forgotten and says so, unless it is told otherwise', async () => {
  const resets: string[] = []
  const { stream, publish } = start({ buffer: { limit: 3 }, onReset: ({ why }) => resets.push(why) })
  publish(1, 2, 3)
  expect(stream.counts).toEqual({ waiting: 3, dropped: 0, conflated: 0, resets: 0 })
  publish(4, 5)
  expect(stream.counts).toEqual({ waiting: 2, dropped: 3, conflated: 0, resets: 1 })
  expect((await stream.next()).value?.data).toBe(4)
  expect(resets).toEqual(['overflow'])
  expect((await stream.next()).value?.data).toBe(5)
})

test('a full buffer drops the oldest where that was asked for, and counts them', async () => {
  const { stream, publish } = start({ buffer: { limit: 3, overflow: 'drop-oldest' } })
  publish(1, 2, 3, 4, 5)
  expect(stream.counts).toEqual({ waiting: 3, dropped: 2, conflated: 0, resets: 0 })
  const reads = await Promise.all([stream.next(), stream.next(), stream.next()])
  expect(reads.map(({ value }) => value?.data)).toEqual([3, 4, 5])
})

test('keeps the newest message of each key where it conflates, however many come', async () => {
  const { stream, publish } = start({ buffer: { key: ({ data }) => String(data % 10) } })
  publish(...Array.from({ length: 1_000 }, (_, index) => index))
  expect(stream.counts).toEqual({ waiting: 10, dropped: 0, conflated: 990, resets: 0 })
  const reads = await Promise.all(Array.from({ length: 10 }, () => stream.next()))
  expect(reads.map(({ value }) => value?.data)).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999])
})

test('conflates by type without a key, and drops the oldest where even the keys are too many', async () => {
  const byType = start({ buffer: { overflow: 'conflate' } })
  byType.publish(1, 2, 3)
  expect((await byType.stream.next()).value?.data).toBe(3)
  expect((await byType.stream.next()).value?.data).toBe(2)
  const full = start({ buffer: { limit: 2, key: ({ data }) => String(data) } })
  full.publish(1, 2, 3)
  expect(full.stream.counts).toEqual({ waiting: 2, dropped: 1, conflated: 0, resets: 0 })
})

test('refuses options that mean nothing', () => {
  expect(() => start({ buffer: { limit: 0 } })).toThrow('a whole number of messages from 1 on, got 0')
  expect(() => start({ buffer: { overflow: 'newest' as never } })).toThrow('got "newest"')
})
