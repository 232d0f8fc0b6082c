import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createOutbox, type Outbox, type OutboxOptions } from '../../src/client/outbox.ts'
import type { OutboxStore, StoredSend } from '../../src/client/outbox-options.ts'
import type { SendOptions } from '../../src/client/realtime-client.ts'
import type { Wire } from '../../src/client/transport.ts'
import { createScope } from '../../src/lib/scope.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import type { ClientFrame, ErrFrame, PubFrame, ServerFrame } from '../../src/protocol/frame.ts'

const LIMITS = { in: 65_536, data: 32_768, topics: 100 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start(options: Partial<OutboxOptions> = {}) {
  const scope = createScope()
  onTestFinished(scope.stop)
  const onChange = vi.fn<() => void>()
  const failures: string[] = []
  const errors: string[] = []
  const outbox = createOutbox({
    scope,
    limit: 100,
    isAway: () => false,
    onChange,
    onUplinkFailed: ({ message }) => failures.push(message),
    onError: ({ message }) => errors.push(message),
    onThrow: (cause) => errors.push(String(cause)),
    ...options,
  })
  /** How each send settled, by its data; a send that settled twice would be listed twice. */
  const settled: string[] = []
  const send = (data: unknown, options: SendOptions = {}) =>
    outbox.send('chat', 'said', data, options).then(
      ({ id, duplicate }) => void settled.push(`${String(data)} ${id}${duplicate ? ' dup' : ''}`),
      (error: { code?: string; message: string }) =>
        void settled.push(`${String(data)} ${error.code ?? error.message}`),
    )
  return { scope, outbox, onChange, failures, errors, settled, send }
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
    refuse(error: EverwireError): void
  }[] = []
  const post = (frames: readonly PubFrame[], signal: AbortSignal) =>
    new Promise<readonly ServerFrame[]>((resolve, reject) => {
      posts.push({ frames, signal, answer: resolve, fail: (message) => reject(new Error(message)), refuse: reject })
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
    const { outbox, settled, send } = start({ limit: 2 })
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

  test('a failure is told, and the same messages are tried again soon, later with each failure, before newer ones', async () => {
    const { outbox, send, failures, settled } = start()
    const { wire, posts, data } = oneWay()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await settle()
    posts[0]!.fail('503')
    await settle()
    void send('b')
    await vi.advanceTimersByTimeAsync(49)
    expect(data()).toEqual([['a']])
    expect(failures).toEqual(['503'])
    await vi.advanceTimersByTimeAsync(151)
    expect(data()).toEqual([['a'], ['a', 'b']])
    for (let post = 1; post < 8; post++) {
      posts[post]!.fail('503')
      await vi.advanceTimersByTimeAsync(2_000)
    }
    expect(posts).toHaveLength(9)
    posts[8]!.answer(posts[8]!.frames.map((frame) => ack(frame)))
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

describe('a full outbox', () => {
  test('counts bytes too, and says what waits', async () => {
    const { outbox, send } = start({ maxBytes: 1_000 })
    void send('x'.repeat(600))
    await settle()
    await expect(outbox.send('chat', 'said', 'y'.repeat(600), {})).rejects.toMatchObject({
      code: 'overflow',
      message: '1 sends with 602 bytes wait already, 100 and 1000 bytes may; wait for some of them first',
    })
    expect(outbox.size).toBe(1)
  })

  test('gives up the oldest that was never written, where that was asked for', async () => {
    const { outbox, settled, send } = start({ limit: 2, whenFull: 'drop-oldest' })
    void send('a')
    void send('b')
    void send('c')
    await settle()
    expect(settled).toEqual(['a overflow'])
    const { wire, data } = duplex()
    outbox.setCarrier(wire, LIMITS)
    expect(data()).toEqual(['b', 'c'])
    // Both are on the way: what was written first gives way.
    void send('d')
    await settle()
    expect(settled).toEqual(['a overflow', 'b overflow'])
    expect(data()).toEqual(['b', 'c', 'd'])
  })

  test('is not emptied for one that can never fit', async () => {
    const { outbox, settled, send } = start({ maxBytes: 1_000, whenFull: 'drop-oldest' })
    void send('a')
    void send('x'.repeat(1_000))
    await settle()
    expect(settled).toEqual([`${'x'.repeat(1_000)} overflow`])
    expect(outbox.size).toBe(1)
  })
})

describe('while the connection is away', () => {
  test('a send waits, or is rejected, or is dropped, as the client or the send itself says', async () => {
    let away = false
    const { outbox, settled, send } = start({ whenOffline: 'reject', isAway: () => away })
    void send('a')
    away = true
    void send('b')
    void send('c', { whenOffline: 'queue' })
    expect(await outbox.send('chat', 'typing', 'd', { whenOffline: 'drop' })).toEqual({
      id: '',
      duplicate: false,
      dropped: true,
    })
    await settle()
    expect(settled).toEqual(['b offline'])
    expect(outbox.size).toBe(2)
  })
})

test('a send is not repeated when the server may have forgotten its key', async () => {
  const { outbox, settled, send } = start()
  const first = duplex()
  outbox.setCarrier(first.wire, { ...LIMITS, key: 60_000 })
  void send('written', { timeoutMs: 600_000 })
  await settle()
  outbox.setCarrier(undefined, undefined)
  void send('never written', { timeoutMs: 600_000 })
  await vi.advanceTimersByTimeAsync(50_000)
  const second = duplex()
  outbox.setCarrier(second.wire, { ...LIMITS, key: 60_000 })
  expect(second.data()).toEqual(['written', 'never written'])
  outbox.setCarrier(undefined, undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  const third = duplex()
  outbox.setCarrier(third.wire, { ...LIMITS, key: 60_000 })
  await settle()
  expect(settled).toEqual(['written timed-out'])
  expect(third.data()).toEqual(['never written'])
})

describe('a token that is refused beside the wire', () => {
  const unauthenticated = () => new EverwireError('unauthenticated', 'the credentials have expired', { status: 401 })

  test('is asked for once more, then the sends are rejected and nothing goes round', async () => {
    const renewals: string[] = []
    const { outbox, settled, send } = start({ onUplinkFailed: ({ code }) => renewals.push(code) })
    const wires = [oneWay(), oneWay()]
    outbox.setCarrier(wires[0]!.wire, LIMITS)
    void send('a')
    await settle()
    wires[0]!.posts[0]!.refuse(unauthenticated())
    await settle()
    expect(renewals).toEqual(['unauthenticated'])
    outbox.setCarrier(wires[1]!.wire, LIMITS)
    wires[1]!.posts[0]!.refuse(unauthenticated())
    await settle()
    expect(settled).toEqual(['a rejected'])
    expect(renewals).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(wires[1]!.posts).toHaveLength(1)
  })
})

describe('sends that outlive the page', () => {
  /** A store as another page would find it; every step of it is the test's to let happen. */
  function keep(left: StoredSend[] = []) {
    const kept = new Map(left.map((send) => [send.key, send]))
    const store: OutboxStore = {
      load: () => Promise.resolve([...kept.values()].toSorted((a, b) => a.order - b.order)),
      put: async (sends) => sends.forEach((send) => kept.set(send.key, structuredClone(send))),
      remove: async (key) => void kept.delete(key),
    }
    return { store, kept, openStore: () => Promise.resolve(store) }
  }
  const flush = () => vi.advanceTimersByTimeAsync(1)

  test('are kept until they are answered, and go out only after they were written down', async () => {
    const { store, kept, openStore } = keep()
    let letPut = () => {}
    const { outbox, settled, send } = start({
      openStore: async () => ({
        ...(await openStore()),
        put: async (sends) => {
          await new Promise<void>((resolve) => (letPut = resolve))
          await store.put(sends)
        },
      }),
    })
    const { wire, data, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a', { key: 'k' })
    await flush()
    expect(data()).toEqual([])
    letPut()
    await flush()
    expect(data()).toEqual(['a'])
    expect(kept.get('k')).toMatchObject({ topic: 'chat', type: 'said', data: 'a', writtenAt: Date.now() - 2 })
    outbox.receive(ack(frames()[0]))
    await flush()
    expect(settled).toEqual(['a e.1-x'])
    expect(kept.size).toBe(0)
  })

  test('go out first and in order on the next page, under the same keys, and tell how they ended', async () => {
    const { kept, openStore } = keep()
    const before = start({ openStore })
    for (const data of ['a', 'b', 'c']) void before.send(data, { key: `k-${data}` })
    await flush()
    expect([...kept.keys()]).toEqual(['k-a', 'k-b', 'k-c'])

    // The page is gone: what it wrote down is all that is left of it.
    const after = keep(structuredClone([...kept.values()]))
    const restored: string[] = []
    const next = start({
      openStore: after.openStore,
      onRestored: ({ data, key }, outcome) =>
        restored.push(`${String(data)} ${key} ${'id' in outcome ? outcome.id : outcome.code}`),
    })
    const { wire, data, frames } = duplex()
    next.outbox.setCarrier(wire, LIMITS)
    void next.send('d')
    await flush()
    expect(data()).toEqual(['a', 'b', 'c', 'd'])
    expect(
      frames()
        .map(({ k }) => k)
        .slice(0, 3),
    ).toEqual(['k-a', 'k-b', 'k-c'])
    next.outbox.receive(ack(frames()[0]))
    next.outbox.receive(err(frames()[1]))
    await flush()
    expect(restored).toEqual(['a k-a e.1-x', 'b k-b rejected'])
    expect([...after.kept.values()].map(({ data: left }) => left)).toEqual(['c', 'd'])
  })

  test('what onRestored throws is told, and the sends that follow end too', async () => {
    const late = (key: string): StoredSend => ({
      key,
      topic: 'chat',
      type: 'said',
      data: key,
      order: 1,
      until: Date.now() - 1,
      writtenAt: 0,
    })
    const restored: string[] = []
    const { outbox, errors } = start({
      openStore: keep([late('first'), late('second')]).openStore,
      onRestored({ key }) {
        restored.push(key)
        throw new Error(`a mistake about ${key}`)
      },
    })
    outbox.restore()
    await vi.advanceTimersByTimeAsync(10)
    expect(restored).toEqual(['first', 'second'])
    expect(errors).toEqual(['Error: a mistake about first', 'Error: a mistake about second'])
  })

  test('end as timed-out where their time is over, and where the key may be forgotten', async () => {
    const now = Date.now()
    const kept = (key: string, more: Partial<StoredSend>): StoredSend => ({
      key,
      topic: 'chat',
      type: 'said',
      data: key,
      order: 1,
      until: now + 100_000,
      writtenAt: 0,
      ...more,
    })
    const restored: string[] = []
    const { outbox } = start({
      openStore: keep([
        kept('late', { until: now - 1 }),
        kept('forgotten', { writtenAt: now - 60_000 }),
        kept('known', { writtenAt: now - 50_000 }),
      ]).openStore,
      onRestored: ({ key }, outcome) => restored.push(`${key} ${'code' in outcome ? outcome.code : outcome.id}`),
    })
    const { wire, data } = duplex()
    outbox.setCarrier(wire, { ...LIMITS, key: 60_000 })
    outbox.restore()
    await vi.advanceTimersByTimeAsync(10)
    expect(restored.toSorted()).toEqual(['forgotten timed-out', 'late timed-out'])
    expect(data()).toContain('known')
    expect(data()).not.toContain('forgotten')
  })

  test('go on without being kept where that fails, and say so', async () => {
    const { outbox, errors, settled, send } = start({
      openStore: () => Promise.reject(new EverwireError('unsupported', 'no IndexedDB here')),
    })
    const { wire, frames } = duplex()
    outbox.setCarrier(wire, LIMITS)
    void send('a')
    await flush()
    expect(errors).toEqual(['no IndexedDB here'])
    outbox.receive(ack(frames()[0]))
    await flush()
    expect(settled).toEqual(['a e.1-x'])
  })
})

describe('whatever happens', () => {
  /** One step of a walk. */
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ do: 'send' as const }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('carry' as const), duplex: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ do: 'lose' as const }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('serve' as const), count: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }) },
  )

  test('every send settles once, what is acked was stored once, and the order is kept', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { scope, outbox } = start({ limit: 8 })
        /** The server: it stores a key once, whichever wire brings it. */
        const log: string[] = []
        let requests: (() => void)[] = []
        const store = (frame: PubFrame) => {
          const dup = log.includes(frame.k)
          if (!dup) log.push(frame.k)
          return {
            t: 'ack' as const,
            id: frame.id,
            i: `e.${log.indexOf(frame.k) + 1}-x`,
            ...(dup && { dup: 1 as const }),
          }
        }
        const outcomes = new Map<string, string[]>()
        const aborts: AbortController[] = []
        let sent = 0
        for (const { do: what, ...more } of steps) {
          if (what === 'send') {
            const key = `k${sent++}`
            const controller = new AbortController()
            aborts.push(controller)
            const note = (how: string) => outcomes.set(key, [...(outcomes.get(key) ?? []), how])
            outbox.send('chat', 'said', key, { key, signal: controller.signal }).then(
              ({ id }) => note(id),
              (error: EverwireError) => note(error.code),
            )
          } else if (what === 'carry' || what === 'lose') {
            // What was on its way may have been stored, without the client ever hearing of it.
            for (const run of requests.splice(0, requests.length / 2)) run()
            requests = []
            if (what === 'lose') outbox.setCarrier(undefined, undefined)
            else if ((more as { duplex: boolean }).duplex) {
              const wire: Wire = {
                close() {},
                send: (frames) => {
                  for (const frame of frames as PubFrame[]) requests.push(() => outbox.receive(store(frame)))
                },
              }
              outbox.setCarrier(wire, LIMITS)
            } else {
              const wire: Wire = {
                close() {},
                post: (frames) =>
                  new Promise((resolve) => requests.push(() => resolve(frames.map((frame) => store(frame))))),
              }
              outbox.setCarrier(wire, LIMITS)
            }
          } else if (what === 'serve') {
            for (const run of requests.splice(0, (more as { count: number }).count)) run()
          } else if (what === 'abort') aborts[(more as { which: number }).which]?.abort()
          else await vi.advanceTimersByTimeAsync((more as { ms: number }).ms)
          await vi.advanceTimersByTimeAsync(0)
        }
        scope.stop()
        await vi.advanceTimersByTimeAsync(0)
        expect(outcomes.size).toBe(sent)
        for (const [key, hows] of outcomes) {
          const isOther = /^(?:aborted|overflow|timed-out)$/.test(hows[0]!)
          expect(hows).toEqual([isOther ? hows[0] : `e.${log.indexOf(key) + 1}-x`])
        }
        const order = log.map((key) => Number(key.slice(1)))
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }),
      { numRuns: 300 },
    )
  })
})
