import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Replay, TopicListener } from '../../src/client/realtime-client.ts'
import { createTopics, type Subs, type Topics, type TopicsOptions } from '../../src/client/topics.ts'
import { createScope } from '../../src/lib/scope.ts'
import type { MessageFrame, ServerFrame } from '../../src/protocol/frame.ts'
import { type From, parsePosition } from '../../src/protocol/position.ts'

const T = 'chat:lobby'
const at = (offset: number, epoch = 'e') => `${epoch}.${offset}-x`
const m = (offset: number, epoch?: string): MessageFrame => ({
  t: 'm',
  c: T,
  i: at(offset, epoch),
  e: 'said',
  d: offset,
  ts: 1_000 + offset,
})
const sub = (offset: number, n = 0, epoch?: string): ServerFrame => ({ t: 'sub', c: T, i: at(offset, epoch), n })
const reset = (offset: number, epoch?: string): ServerFrame => ({
  t: 'reset',
  c: T,
  i: at(offset, epoch),
  why: 'trimmed',
})

function start({
  lingerMs = 5_000,
  starts = new Map<string, string>(),
  onThrow,
}: Partial<Pick<TopicsOptions, 'lingerMs' | 'starts' | 'onThrow'>> = {}) {
  const scope = createScope()
  onTestFinished(scope.stop)
  const onChange = vi.fn<() => void>()
  const onMissed = vi.fn<() => void>()
  const errors: string[] = []
  const topics = createTopics({
    scope,
    lingerMs,
    starts,
    onChange,
    onMissed,
    onError: ({ message }) => errors.push(message),
    onThrow: onThrow ?? ((cause) => errors.push(String(cause))),
  })
  return {
    topics,
    onChange,
    onMissed,
    errors,
    tell: (...frames: readonly ServerFrame[]) => frames.forEach((frame) => topics.receive(frame)),
    /** A wire that was asked for all topics carries. */
    open: () => topics.setCarrier(topics.subs()),
  }
}

/** What one listener hears: numbers, `reset` and statuses; history is marked by `h`. */
function listen(topics: Topics, replay: Replay = 0, more: Partial<TopicListener> = {}) {
  const heard: string[] = []
  const stop = topics.listen(T, {
    replay,
    onMessage: ({ data, replayed }) => heard.push(`${data as number}${replayed ? 'h' : ''}`),
    onReset: ({ why }) => heard.push(`reset: ${why}`),
    onStatus: (status) => heard.push(status),
    ...more,
  })
  return { heard, stop }
}

describe('one topic', () => {
  test('starts from now for who wants no history, and from the oldest for who wants some', () => {
    const now = start()
    listen(now.topics)
    expect(now.topics.subs()).toEqual({ [T]: null })
    const all = start()
    listen(all.topics, 3)
    expect(all.topics.subs()).toEqual({ [T]: '0' })
  })

  test('says what it is: idle, joining, live, stale, ended', () => {
    const { topics, tell, open, errors } = start()
    expect(topics.status(T)).toBe('idle')
    const { heard } = listen(topics)
    expect(topics.status(T)).toBe('joining')
    open()
    tell(sub(5))
    topics.setCarrier(undefined)
    open()
    tell(sub(5), { t: 'unsub', c: T, code: 4003 })
    expect(heard).toEqual(['live', 'stale', 'live', 'ended'])
    expect(topics.status(T)).toBe('ended')
    expect(errors).toEqual([`the server ended topic ${T} with code 4003`])
  })

  test('a topic that the server ended is not asked for again on this connection, but on the next', () => {
    const { topics, tell, open } = start()
    listen(topics)
    open()
    tell({ t: 'unsub', c: T, code: 4003 })
    expect(topics.subs()).toEqual({})
    open()
    expect(topics.changed).toBe(false)
    topics.setCarrier(undefined)
    expect(topics.subs()).toEqual({ [T]: null })
  })

  test('delivers the same message once when two wires overlap', () => {
    const { topics, tell, open } = start()
    const { heard } = listen(topics)
    open()
    tell(sub(5), m(6), m(7))
    const asked = topics.subs()
    tell(m(8), m(9))
    topics.setCarrier(asked)
    tell(m(8), m(9), m(10), sub(10, 3), m(11))
    expect(heard).toEqual(['live', '6', '7', '8', '9', '10', '11'])
  })

  test('goes on in another epoch, whose offsets start anew', () => {
    const { topics, tell, open } = start()
    const { heard } = listen(topics)
    open()
    tell(sub(5), m(6), reset(2, 'f'), sub(2, 0, 'f'), m(3, 'f'))
    expect(heard).toEqual(['live', '6', 'reset: trimmed', '3'])
  })

  test('hears nothing of a wire that was not asked for it', () => {
    const { topics, tell } = start()
    const { heard } = listen(topics)
    topics.setCarrier({})
    tell(m(6), sub(6))
    expect(heard).toEqual([])
    expect(topics.takeChanges()).toEqual({ sub: { [T]: null }, unsub: [] })
    tell(sub(6), m(7))
    expect(heard).toEqual(['live', '7'])
  })

  test('asks a new wire when a server stands elsewhere than this client', () => {
    const { topics, tell, open, onMissed } = start()
    const { heard } = listen(topics)
    open()
    tell(sub(5), m(6))
    open()
    tell(sub(9), m(10))
    expect(onMissed).toHaveBeenCalledOnce()
    expect(heard).toEqual(['live', '6'])
    open()
    tell(m(7), m(8), m(9), m(10), sub(10, 4))
    expect(heard).toEqual(['live', '6', '7', '8', '9', '10'])
  })

  test('a wire that was asked before the topic had a place is out of date', () => {
    const { topics, tell, open } = start()
    listen(topics)
    const asked = topics.subs()
    open()
    expect(topics.isStale(asked)).toBe(false)
    tell(sub(5))
    expect(topics.isStale(asked)).toBe(true)
    expect(topics.isStale(topics.subs())).toBe(false)
  })

  test('passes snapshots on, with their place', () => {
    const { topics, tell, open } = start()
    const snapshots: unknown[] = []
    listen(topics, 0, { onSnapshot: ({ id, data }) => snapshots.push([id, data]) })
    open()
    tell(reset(5), { t: 'snap', c: T, i: at(5), d: { users: 3 } }, sub(5))
    expect(snapshots).toEqual([[at(5), { users: 3 }]])
  })

  test('a listener that throws does not keep the others from hearing', () => {
    const reported: unknown[] = []
    const { topics, tell, open } = start({ onThrow: (cause) => reported.push(cause) })
    listen(topics, 0, {
      onMessage() {
        throw new Error('my mistake')
      },
    })
    const { heard } = listen(topics)
    open()
    tell(sub(5), m(6))
    expect(heard).toEqual(['live', '6'])
    expect(reported).toEqual([new Error('my mistake')])
  })

  test('rejects what can be no topic at the call', () => {
    const { topics } = start()
    expect(() => topics.listen('a b', { onMessage() {} })).toThrow(/"a b"/)
  })
})

describe('history', () => {
  test('is the last messages for the first listener, and then live ones', () => {
    const { topics, tell, open } = start()
    const { heard } = listen(topics, 2)
    open()
    tell(m(1), m(2), m(3), m(4), sub(4, 4), m(5))
    expect(heard).toEqual(['3h', '4h', 'live', '5'])
  })

  test('is not for a listener that wants none, although the topic is asked from the oldest on', () => {
    const { topics, tell, open } = start()
    listen(topics, 2)
    const { heard } = listen(topics)
    open()
    tell(m(1), m(2), sub(2, 2), m(3))
    expect(heard).toEqual(['live', '3'])
  })

  test('comes from what is kept here where that is enough', async () => {
    const { topics, tell, open } = start()
    listen(topics, 3)
    open()
    tell(m(1), m(2), sub(2, 2), m(3), m(4))
    const { heard } = listen(topics, 2)
    expect(heard).toEqual([])
    await Promise.resolve()
    expect(heard).toEqual(['3h', '4h'])
    expect(topics.changed).toBe(false)
    tell(m(5))
    expect(heard).toEqual(['3h', '4h', '5'])
  })

  test('is asked for again where more is wanted than was kept, while live messages flow', () => {
    const { topics, tell, open } = start()
    const early = listen(topics, 1)
    open()
    tell(m(1), m(2), m(3), m(4), m(5), sub(5, 5))
    const late = listen(topics, 4)
    const live = listen(topics)
    expect(topics.takeChanges()).toEqual({ sub: { [T]: '0' }, unsub: [] })
    tell(m(6), m(1), m(2), m(3), m(4), m(5), m(6), sub(6, 6), m(7))
    expect(early.heard).toEqual(['5h', 'live', '6', '7'])
    expect(late.heard).toEqual(['3h', '4h', '5h', '6h', '7'])
    expect(live.heard).toEqual(['6', '7'])
  })

  test('is what is there, where less is kept than was wanted', async () => {
    const { topics, tell, open } = start()
    listen(topics, 1)
    open()
    tell(m(1), m(2), m(3), sub(3, 3))
    const late = listen(topics, 100)
    topics.takeChanges()
    tell(m(1), m(2), m(3), sub(3, 3))
    expect(late.heard).toEqual(['1h', '2h', '3h'])
    const third = listen(topics, 'all')
    expect(topics.changed).toBe(false)
    tell(m(4))
    await Promise.resolve()
    expect(third.heard).toEqual(['1h', '2h', '3h', '4h'])
  })

  test('keeps its order where more is kept here than the server still has', () => {
    const { topics, tell, open } = start()
    listen(topics, 2)
    open()
    tell(m(1), m(2), m(3), m(4), m(5), sub(5, 5))
    const late = listen(topics, 3)
    topics.takeChanges()
    // The others are too old for the server by now.
    tell(m(5), sub(5, 1))
    expect(late.heard).toEqual(['4h', '5h'])
  })

  test('is asked for only after a resume was answered, so that no answer is taken for another', () => {
    const { topics, tell, open, onChange } = start()
    listen(topics, 1)
    open()
    tell(m(1), m(2), m(3), sub(3, 3))
    topics.setCarrier(undefined)
    open()
    const late = listen(topics, 3)
    expect(topics.changed).toBe(false)
    tell(m(4), sub(4, 1))
    expect(late.heard).toEqual(['live'])
    expect(onChange).toHaveBeenCalled()
    expect(topics.takeChanges()).toEqual({ sub: { [T]: '0' }, unsub: [] })
    tell(m(1), m(2), m(3), m(4), sub(4, 4))
    expect(late.heard).toEqual(['live', '2h', '3h', '4h'])
  })

  test('is not what a server says by itself, before it was asked', () => {
    const { topics, tell, open } = start()
    listen(topics, 1)
    open()
    tell(m(1), m(2), m(3), sub(3, 3))
    const late = listen(topics, 3)
    // It had stopped to push for a while, since this client read too slowly.
    tell(sub(3))
    expect(late.heard).toEqual([])
    expect(topics.takeChanges()).toEqual({ sub: { [T]: '0' }, unsub: [] })
    tell(m(1), m(2), m(3), sub(3, 3))
    expect(late.heard).toEqual(['1h', '2h', '3h'])
  })

  test('comes again after a reset for who wants history, and not for who wants none', () => {
    const { topics, tell, open } = start()
    const some = listen(topics, 2)
    const none = listen(topics)
    open()
    tell(m(1), m(2), sub(2, 2), m(3))
    topics.setCarrier(undefined)
    open()
    tell(reset(9), sub(9), m(10))
    expect(topics.takeChanges()).toEqual({ sub: { [T]: '0' }, unsub: [] })
    tell(m(8), m(9), m(10), sub(10, 3), m(11))
    expect(some.heard).toEqual(['1h', '2h', 'live', '3', 'stale', 'live', 'reset: trimmed', '9h', '10h', '11'])
    expect(none.heard).toEqual(['live', '3', 'stale', 'live', 'reset: trimmed', '10', '11'])
  })

  test('comes after a reset in the middle of a life too', () => {
    const { topics, tell, open } = start()
    const { heard } = listen(topics, 2)
    open()
    tell(m(1), sub(1, 1), m(2), reset(7, 'f'), sub(7, 0, 'f'))
    expect(topics.takeChanges()).toEqual({ sub: { [T]: '0' }, unsub: [] })
    tell(m(6, 'f'), m(7, 'f'), sub(7, 2, 'f'))
    expect(heard).toEqual(['1h', 'live', '2', 'reset: trimmed', '6h', '7h'])
  })
})

describe('the last listener leaves', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('and the topic lingers, in case somebody comes back', () => {
    const { topics, tell, open } = start()
    const first = listen(topics)
    open()
    tell(sub(5), m(6))
    first.stop()
    vi.advanceTimersByTime(4_999)
    const second = listen(topics)
    vi.advanceTimersByTime(60_000)
    tell(m(7))
    expect(second.heard).toEqual(['7'])
    expect(first.heard).toEqual(['live', '6'])
    expect(topics.changed).toBe(false)
  })

  test('and a linger later the server is told', () => {
    const { topics, open, onChange } = start()
    const { stop } = listen(topics)
    open()
    stop()
    stop()
    onChange.mockClear()
    vi.advanceTimersByTime(5_000)
    expect(onChange).toHaveBeenCalledOnce()
    expect([topics.size, topics.status(T)]).toEqual([0, 'idle'])
    expect(topics.takeChanges()).toEqual({ sub: {}, unsub: [T] })
    expect(topics.changed).toBe(false)
  })

  test('and one who stays keeps it', () => {
    const { topics } = start({ lingerMs: 0 })
    const first = listen(topics)
    listen(topics)
    first.stop()
    vi.advanceTimersByTime(60_000)
    expect(topics.size).toBe(1)
  })
})

/** A server with one topic, and its wires, whose frames arrive when the test lets them. */
class Model {
  static readonly KEPT = 6
  head = 0
  readonly topics: Topics
  carrier: ModelWire | undefined
  trial: ModelWire | undefined
  missed = 0

  constructor() {
    const scope = createScope()
    const none = () => {}
    this.topics = createTopics({
      scope,
      lingerMs: 60_000,
      starts: new Map(),
      onChange: none,
      onMissed: () => this.missed++,
      onError: none,
      onThrow: none,
    })
    onTestFinished(scope.stop)
  }

  publish(): void {
    this.head++
    for (const wire of [this.carrier, this.trial]) if (wire?.isLive) wire.down.push(m(this.head))
  }

  open(): void {
    this.trial = { asked: this.topics.subs(), up: [], down: [], isLive: false }
    this.#answer(this.trial, this.trial.asked)
  }

  promote(): void {
    if (!this.trial) return
    if (this.topics.isStale(this.trial.asked)) return this.open()
    this.carrier = this.trial
    this.trial = undefined
    this.topics.setCarrier(this.carrier.asked)
  }

  cut(): void {
    this.carrier = undefined
    this.topics.setCarrier(undefined)
  }

  /** The client tells what changed. */
  tell(): void {
    if (this.carrier && this.topics.changed) this.carrier.up.push(this.topics.takeChanges().sub)
  }

  /** The server reads what it was told. */
  read(): void {
    const subs = this.carrier?.up.shift()
    if (subs) this.#answer(this.carrier!, subs)
  }

  deliver(count: number): void {
    for (const frame of this.carrier?.down.splice(0, count) ?? []) this.topics.receive(frame)
  }

  async settle(): Promise<void> {
    if (!this.carrier) {
      this.open()
      // A wire that is out of date is asked a second time.
      this.promote()
      if (!this.carrier) this.promote()
    }
    do {
      this.tell()
      this.read()
      this.deliver(Infinity)
      await Promise.resolve()
    } while (this.topics.changed || this.carrier!.up.length > 0)
  }

  #answer(wire: ModelWire, subs: Subs): void {
    const from: From | undefined = subs[T]
    if (from === undefined) return
    const oldest = Math.max(1, this.head - Model.KEPT + 1)
    let next = this.head + 1
    if (from === '0') next = oldest
    else if (from !== null) {
      next = parsePosition(from)!.offset + 1
      if (next < oldest) {
        next = this.head + 1
        wire.down.push(reset(this.head))
      }
    }
    for (let offset = next; offset <= this.head; offset++) wire.down.push(m(offset))
    wire.down.push(sub(this.head, this.head + 1 - next))
    wire.isLive = true
  }
}

interface ModelWire {
  readonly asked: Subs
  readonly up: Subs[]
  readonly down: ServerFrame[]
  isLive: boolean
}

test('whatever overlaps, every listener hears each message once and in order, and all of them since it is live', async () => {
  const ACTIONS = [
    'publish',
    'deliver',
    'open',
    'promote',
    'publish',
    'deliver',
    'open',
    'promote',
    'tell',
    'read',
    'cut',
  ] as const
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...ACTIONS) },
          { weight: 1, arbitrary: fc.constantFrom(0, 1, 3, 5, 50) },
          { weight: 1, arbitrary: fc.constant('leave' as const) },
        ),
        { minLength: 5, maxLength: 80 },
      ),
      async (actions) => {
        const model = new Model()
        const listeners: { heard: number[]; wants: number; headBefore: number; stop: () => void }[] = []
        const join = (wants: number) => {
          const heard: number[] = []
          const stop = model.topics.listen(T, {
            replay: wants,
            onMessage: ({ data }) => heard.push(data as number),
            onReset: () => heard.splice(0),
          })
          listeners.push({ heard, wants, headBefore: model.head, stop })
        }
        join(0)
        for (const action of actions) {
          if (typeof action === 'number') join(action)
          else if (action === 'leave') listeners.splice(1, 1)[0]?.stop()
          else model[action](3)
          await Promise.resolve()
        }
        await model.settle()
        model.publish()
        await model.settle()
        expect(model.missed).toBe(0)
        for (const { heard, wants } of listeners) {
          const first = heard[0]!
          expect(heard).toEqual(Array.from({ length: model.head - first + 1 }, (_, index) => first + index))
          // Kept are six; nobody gets less than that of what it wanted.
          expect(heard.length).toBeGreaterThanOrEqual(Math.min(wants, model.head, Model.KEPT))
        }
      },
    ),
    {
      numRuns: 500,
      // More history is wanted while it is on its way for somebody who wanted little of it, and has left.
      examples: [
        [[1, 'publish', 'publish', 'publish', 'open', 'promote', 'deliver', 'leave', 'publish', 'publish', 5]],
      ],
    },
  )
})

describe('what a wire says of another history', () => {
  test('is not taken for news when it answers a question for history, but asked about from the place', () => {
    const { topics, tell, open, onMissed } = start()
    const { heard } = listen(topics)
    open()
    tell(sub(5))
    listen(topics, 'all')
    expect(topics.takeChanges().sub).toEqual({ [T]: '0' })
    // The server began anew meanwhile: its history is another one, and nobody was told.
    tell(m(1, 'f'), m(2, 'f'), sub(2, 2, 'f'))
    expect(onMissed).toHaveBeenCalledOnce()
    expect(heard).toEqual(['live', 'stale'])
    expect(topics.subs()).toEqual({ [T]: at(5) })
  })

  test('is refused where another message lies at the very place', () => {
    const { topics, tell, open, onMissed } = start()
    listen(topics)
    open()
    tell(sub(5))
    tell(m(6), { t: 'm', c: T, i: 'e.6-other', e: 'said' })
    expect(onMissed).toHaveBeenCalledOnce()
  })

  test('cannot come over a wire that was asked before a reset', () => {
    const { topics, tell, open } = start()
    listen(topics)
    open()
    tell(sub(5))
    const before = topics.subs()
    expect(topics.isStale(before)).toBe(false)
    tell(reset(9, 'f'))
    expect(topics.isStale(before)).toBe(true)
    expect(topics.isStale(topics.subs())).toBe(false)
  })
})
