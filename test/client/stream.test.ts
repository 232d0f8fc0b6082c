import { expect, test, vi } from 'vitest'
import type { Message } from '../../src/client/message.ts'
import type { TopicListener } from '../../src/client/realtime-client.ts'
import { streamTopic } from '../../src/client/stream.ts'
import { createScope } from '../../src/lib/scope.ts'

function start(signal?: AbortSignal) {
  const scope = createScope()
  const stop = vi.fn<() => void>()
  let listener: TopicListener | undefined
  const listen = (_: string, given: TopicListener) => {
    listener = given
    return stop
  }
  const stream = streamTopic<number>(scope, listen, 'a', 2, signal)
  const publish = (...numbers: number[]) => {
    for (const data of numbers) listener!.onMessage({ data } as Message)
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

test('ends its subscription when the loop is left', async () => {
  const { stream, publish, stop } = start()
  publish(1, 2)
  for await (const _ of stream) break
  expect(stop).toHaveBeenCalledOnce()
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('ends when the signal aborts while it waits, after what had come', async () => {
  const controller = new AbortController()
  const { stream, publish, stop } = start(controller.signal)
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
  const { stream, listener } = start(AbortSignal.abort())
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
