import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createOutbox, type Outbox } from '../../src/client/outbox.ts'
import type { SendOptions } from '../../src/client/realtime-client.ts'
import type { Wire } from '../../src/client/transport.ts'
import { createScope } from '../../src/lib/scope.ts'
import type { ClientFrame, ErrFrame, PubFrame, ServerFrame } from '../../src/protocol/frame.ts'

const LIMITS = { in: 65_536, data: 32_768, topics: 100 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start({ size = 100 } = {}) {
  const scope = createScope()
  onTestFinished(scope.stop)
  const onChange = vi.fn<() => void>()
  const failures: string[] = []
  const outbox = createOutbox({ scope, size, onChange, onUplinkFailed: (detail) => failures.push(detail) })
  /** How each send settled, by its data; a send that settled twice would be listed twice. */
  const settled: string[] = []
  const send = (data: unknown, options: SendOptions = {}) =>
    outbox.send('chat', 'said', data, options).then(
      ({ id, duplicate }) => void settled.push(`${String(data)} ${id}${duplicate ? ' dup' : ''}`),
      (error: { code?: string; message: string }) =>
        void settled.push(`${String(data)} ${error.code ?? error.message}`),
    )
  return { scope, outbox, onChange, failures, settled, send }
}

/** A wire that carries both directions. */
function duplex() {
  const batches: PubFrame[][] = []
  const wire: Wire = { send: (frames: readonly ClientFrame[]) => batches.push(frames as PubFrame[]), close() {} }
  return { wire, batches, frames: () => batches.flat(), data: () => batches.flat().map(({ d }) => d) }
}

/** A wire beside which messages are posted; the test answers each request. */
function oneWay() {
  const posts: {
    readonly frames: readonly PubFrame[]
    readonly signal: AbortSignal
    answer(frames: readonly ServerFrame[]): void
    fail(message: string): void
  }[] = []
  const post = (frames: readonly PubFrame[], signal: AbortSignal) =>
    new Promise<readonly ServerFrame[]>((resolve, reject) => {
      posts.push({ frames, signal, answer: resolve, fail: (message) => reject(new Error(message)) })
    })
  return {
    wire: { post, close() {} } satisfies Wire,
    posts,
    data: () => posts.map(({ frames }) => frames.map(({ d }) => d)),
  }
}

const ack = (frame: PubFrame | undefined, more: { dup?: 1 } = {}) => ({
  t: 'ack' as const,
  id: frame!.id,
  i: `e.${frame!.id}-x`,
  ...more,
})
const err = (frame: PubFrame | undefined, retry?: number): ErrFrame => ({
  t: 'err',
  id: frame!.id,
  code: 4529,
  msg: 'too many',
  ...(retry !== undefined && { retry }),
})
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a send settles once', () => {
  test('with the place where the message was stored', async () => {
    const { outbox, settled, send } = start()
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    outbox.receive(ack(frames()[0]))
    outbox.receive(ack(frames()[0]))
    outbox.receive(err(frames()[0]))
    await settle()
    expect(settled).toEqual(['a e.1-x'])
    expect(outbox.size).toBe(0)
  })

  test('as a duplicate where it had been stored before', async () => {
    const { outbox, settled, send } = start()
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a', { key: 'mine' })
    await settle()
    expect(frames()[0]).toEqual({ t: 'pub', id: '1', c: 'chat', e: 'said', k: 'mine', d: 'a' })
    outbox.receive(ack(frames()[0], { dup: 1 }))
    await settle()
    expect(settled).toEqual(['a e.1-x dup'])
  })

  test('as rejected where the server says no for good', async () => {
    const { outbox, settled, send } = start()
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    outbox.receive(err(frames()[0]))
    await settle()
    expect(settled).toEqual(['a rejected'])
  })

  test('after it was tried again where the server says later, and what comes behind it waits too', async () => {
    const { outbox, settled, send } = start()
    const { wire, frames, data } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    outbox.receive(err(frames()[0], 2_000))
    void send('b')
    await vi.advanceTimersByTimeAsync(1_999)
    expect(data()).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(data()).toEqual(['a', 'a', 'b'])
    expect(frames()[1]?.k).toBe(frames()[0]?.k)
    outbox.receive(ack(frames()[1]))
    await settle()
    expect(settled).toEqual(['a e.1-x'])
  })

  test('as timed-out where no answer comes, and a late answer changes nothing', async () => {
    const { outbox, settled, send } = start()
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a', { timeoutMs: 3_000 })
    void send('b')
    await vi.advanceTimersByTimeAsync(3_000)
    outbox.receive(ack(frames()[0]))
    await settle()
    expect(settled).toEqual(['a timed-out'])
    await vi.advanceTimersByTimeAsync(27_000)
    expect(settled).toEqual(['a timed-out', 'b timed-out'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('as aborted by its signal, before it was written or after', async () => {
    const { outbox, settled, send } = start()
    const controller = new AbortController()
    void send('a', { signal: controller.signal })
    controller.abort()
    await settle()
    void send('b', { signal: controller.signal })
    await settle()
    expect(settled).toEqual(['a aborted', 'b aborted'])
    const { wire, data } = duplex()
    outbox.setCarrier(wire, LIMITS)
    expect(data()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('as overflow where too many wait, and there is room again after an answer', async () => {
    const { outbox, settled, send } = start({ size: 2 })
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    for (const data of ['a', 'b', 'c']) void send(data)
    await settle()
    expect(settled).toEqual(['c overflow'])
    outbox.receive(ack(frames()[0]))
    void send('d')
    await settle()
    expect(settled).toEqual(['c overflow', 'a e.1-x'])
    expect(outbox.size).toBe(2)
  })

  test('as aborted where the client is disposed', async () => {
    const { scope, settled, send } = start()
    void send('a')
    void send('b')
    scope.stop()
    await settle()
    expect(settled.toSorted()).toEqual(['a aborted', 'b aborted'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('at once where it can be no message', async () => {
    const { outbox } = start()
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    await expect(outbox.send('a b', 'said', 1, {})).rejects.toThrow(/topic/)
    await expect(outbox.send('chat', '', 1, {})).rejects.toThrow(/type must be 1 to 64 characters .* got ""/)
    await expect(outbox.send('chat', 'two\nlines', 1, {})).rejects.toThrow(/control characters/)
    await expect(outbox.send('chat', 'said', 1, { key: 'with space' })).rejects.toThrow(/key must be/)
    await expect(outbox.send('chat', 'said', circular, {})).rejects.toThrow(/circular/i)
    expect(outbox.size).toBe(0)
  })
})

test('tells when it stops being empty and when it is empty again', async () => {
  const { outbox, send, onChange } = start()
  const { wire, frames } = duplex()
  outbox.setCarrier(wire, LIMITS)
  void send('a')
  void send('b')
  await settle()
  expect(onChange).toHaveBeenCalledTimes(1)
  outbox.receive(ack(frames()[0]))
  expect(onChange).toHaveBeenCalledTimes(1)
  outbox.receive(ack(frames()[1]))
  expect(onChange).toHaveBeenCalledTimes(2)
})

describe('another wire carries', () => {
  const waiting = async ({ outbox, send }: { outbox: Outbox; send: (data: unknown) => unknown }) => {
    const first = duplex()
    outbox.setCarrier(first.wire, LIMITS)
    for (const data of ['a', 'b', 'c', 'd']) send(data)
    await settle()
    outbox.receive(ack(first.frames()[1]))
    outbox.receive(err(first.frames()[2], 60_000))
    return first
  }

  test('and gets all that is not answered, in the order of the calls, under the same keys', async () => {
    const box = start()
    const first = await waiting(box)
    const second = duplex()
    box.outbox.setCarrier(second.wire, LIMITS)
    expect(second.data()).toEqual(['a', 'c', 'd'])
    expect(second.frames().map(({ k }) => k)).toEqual([0, 2, 3].map((index) => first.frames()[index]?.k))
  })

  test('by POST too', async () => {
    const box = start()
    await waiting(box)
    const second = oneWay()
    box.outbox.setCarrier(second.wire, LIMITS)
    expect(second.data()).toEqual([['a', 'c', 'd']])
  })

  test('and what was posted beside the one before is given up, whatever it still answers', async () => {
    const { outbox, send, settled, failures } = start()
    const first = oneWay()
    outbox.setCarrier(first.wire, LIMITS)
    void send('a')
    await settle()
    const second = oneWay()
    outbox.setCarrier(second.wire, LIMITS)
    expect(first.posts[0]!.signal.aborted).toBe(true)
    first.posts[0]!.fail('aborted')
    await settle()
    expect(failures).toEqual([])
    expect(second.data()).toEqual([['a']])
    second.posts[0]!.answer([ack(second.posts[0]!.frames[0])])
    await settle()
    expect(settled).toEqual(['a e.1-x'])
  })

  test('or none does: then everything waits', async () => {
    const { outbox, send } = start()
    const { wire, data } = duplex()
    outbox.setCarrier(wire, LIMITS)
    outbox.setCarrier(undefined, undefined)
    void send('a')
    await settle()
    expect(data()).toEqual([])
  })
})

describe('by POST', () => {
  test('one request is in flight, and carries at most 32 messages', async () => {
    const { outbox, send, settled } = start()
    const { wire, posts, data } = oneWay()
    outbox.setCarrier(wire, LIMITS)
    const numbers = Array.from({ length: 70 }, (_, index) => index)
    for (const number of numbers) void send(number)
    await settle()
    expect(data()).toEqual([[0]])
    for (let answered = 0; answered < posts.length; answered++) {
      posts[answered]!.answer(posts[answered]!.frames.map((frame) => ack(frame)))
      await settle()
    }
    expect(data().map(({ length }) => length)).toEqual([1, 32, 32, 5])
    expect(data().flat()).toEqual(numbers)
    expect(settled).toHaveLength(70)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a failure is told, and the same messages are tried again a second later, before newer ones', async () => {
    const { outbox, send, failures, settled } = start()
    const { wire, posts, data } = oneWay()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    posts[0]!.fail('503')
    await settle()
    void send('b')
    await vi.advanceTimersByTimeAsync(999)
    expect(data()).toEqual([['a']])
    expect(failures).toEqual(['503'])
    await vi.advanceTimersByTimeAsync(1)
    expect(data()).toEqual([['a'], ['a', 'b']])
    posts[1]!.answer(posts[1]!.frames.map((frame) => ack(frame)))
    await settle()
    expect(settled).toEqual(['a e.1-x', 'b e.2-x'])
  })

  test('an answer that leaves messages out is tried again', async () => {
    const { outbox, send, settled } = start()
    const { wire, posts, data } = oneWay()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    posts[0]!.answer([])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(data()).toEqual([['a'], ['a']])
    posts[1]!.answer([ack(posts[1]!.frames[0])])
    await settle()
    expect(settled).toEqual(['a e.1-x'])
  })

  test('a message that is to wait is not asked about earlier than the server said', async () => {
    const { outbox, send } = start()
    const { wire, posts, data } = oneWay()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    posts[0]!.answer([err(posts[0]!.frames[0], 4_000)])
    await vi.advanceTimersByTimeAsync(3_999)
    expect(data()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(data()).toHaveLength(2)
  })
})

describe('the limits that the server announced', () => {
  test.each([
    ['text', 'x'.repeat(99), 101],
    ['text of more bytes than characters', 'é'.repeat(50), 102],
    ['bytes', new Uint8Array(101), 101],
  ])('reject %s that is too big, with the sizes, and never write it', async (_, data, bytes) => {
    const { outbox } = start()
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, { ...LIMITS, data: 100 })
    const sending = outbox.send('chat', 'said', data, {})
    await expect(sending).rejects.toMatchObject({
      code: 'rejected',
      message: `data may have 100 bytes for this server, got ${bytes}`,
    })
    expect(frames()).toEqual([])
  })

  test('hold for what waited before they were known, and let the rest through', async () => {
    const { outbox, send, settled } = start()
    void send('x'.repeat(200))
    void send('small')
    await settle()
    const { wire, data } = duplex()
    outbox.setCarrier(wire, { ...LIMITS, data: 100 })
    await settle()
    expect(settled).toEqual([`${'x'.repeat(200)} rejected`])
    expect(data()).toEqual(['small'])
  })

  test('split what waits into batches that may come in', async () => {
    const { outbox, send } = start()
    const numbers = Array.from({ length: 10 }, (_, index) => String(index).repeat(9_000))
    for (const number of numbers) void send(number)
    await settle()
    const { wire, batches, data } = duplex()
    outbox.setCarrier(wire, LIMITS)
    expect(data()).toEqual(numbers)
    for (const batch of batches) expect(JSON.stringify(batch).length).toBeLessThan(LIMITS.in)
    expect(batches.length).toBeGreaterThan(1)
  })
})
