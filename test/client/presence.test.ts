import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { createPresences } from '../../src/client/presence.ts'
import { createScope } from '../../src/lib/scope.ts'
import type { EverwireError } from '../../src/protocol/errors.ts'
import type { PresenceFrame, PresentUser } from '../../src/protocol/frame.ts'
import { createMemoryEngine, memoryBackplane, type RealtimeServerOptions } from '../../src/server.ts'
import { eventually, openClient, serveChat, transportOf, untilStatus, type Way, WAYS } from './real-server.ts'

const T = 'chat:lobby'

describe('what a client says', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function start() {
    const scope = createScope()
    onTestFinished(scope.stop)
    const onChange = vi.fn<(isInfo: boolean) => void>()
    const errors: EverwireError[] = []
    const presences = createPresences({
      scope,
      lingerMs: 5_000,
      onChange,
      assertUsable() {},
      onError: (error) => errors.push(error),
    })
    presences.setCarrier({})
    return {
      presences,
      onChange,
      errors,
      presence: presences.topic(T),
      tell: (frame: Partial<PresenceFrame>) => presences.receive({ t: 'p', c: T, join: [], leave: [], n: 0, ...frame }),
      refuse: (code: number, retry?: number) =>
        presences.receive({ t: 'err', c: T, code, msg: 'no', ...(retry !== undefined && { retry }) }),
    }
  }

  const ann: PresentUser = { user: 'ann', info: { mood: 'fine' }, conns: 1 }
  const bob: PresentUser = { user: 'bob', info: { mood: 'so' }, conns: 1 }

  test('asking for a presence says nothing', () => {
    const { presences, presence, onChange } = start()
    expect(presence.getSnapshot()).toEqual({ members: [], count: 0, self: undefined, status: 'idle', error: null })
    expect(presences.size).toBe(0)
    expect(onChange).not.toHaveBeenCalled()
  })

  test('two who join are one, and one who stops does not leave for the other', () => {
    const { presences, presence } = start()
    const stopFirst = presence.join({ name: 'first' })
    const stopSecond = presence.join({ name: 'second' })
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: { name: 'second' } }])
    stopSecond()
    stopSecond()
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: { name: 'first' } }])
    stopFirst()
    vi.advanceTimersByTime(4_999)
    expect(presences.changed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: false }])
    expect(presences.size).toBe(0)
    expect(presences.wishes()).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('who joins again within the linger was never away, and an equal info is no change', () => {
    const { presences, presence, onChange } = start()
    presence.join({ name: 'ann' })()
    presences.takeChanges()
    onChange.mockClear()
    presence.join({ name: 'ann' })
    vi.advanceTimersByTime(10_000)
    expect(onChange).not.toHaveBeenCalled()
    expect(presences.takeChanges()).toEqual([])
  })

  test('to watch and to be seen are separate, each with its own linger', () => {
    const { presences, presence } = start()
    const stopWatching = presence.subscribe(() => {})
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: false, watch: true }])
    const leave = presence.join()
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, watch: true }])
    stopWatching()
    vi.advanceTimersByTime(4_999)
    expect(presences.changed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true }])
    leave()
    vi.advanceTimersByTime(5_000)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: false }])
  })

  test('the list comes whole, then by differences; who did not change keeps its identity', () => {
    const { presences, presence, tell } = start()
    const heard: string[] = []
    presence.subscribe(() =>
      heard.push(
        presence
          .getSnapshot()
          .members.map(({ user }) => user)
          .join(),
      ),
    )
    presences.takeChanges()
    expect(presence.getSnapshot().status).toBe('connecting')
    // A difference before the list is none that fits.
    tell({ i: 'v0', join: [bob], n: 1 })
    expect(heard).toEqual([''])
    tell({ ok: 1, i: 'v1', n: 1 })
    tell({ all: 1, i: 'v1', join: [ann], n: 1 })
    const first = presence.getSnapshot()
    expect(first).toEqual({ members: [ann], count: 1, self: undefined, status: 'live', error: null })
    tell({ i: 'v2', join: [bob], n: 2 })
    expect(presence.getSnapshot().members[0]).toBe(first.members[0])
    tell({ i: 'v3', leave: ['ann'], n: 1 })
    tell({ i: 'v4', n: 7 })
    expect(presence.getSnapshot()).toMatchObject({ members: [bob], count: 7 })
    expect(heard).toEqual(['', 'ann', 'ann,bob', 'bob', 'bob'])
  })

  test('a new wire has the old list until its own is there, and the same list changes nothing', () => {
    const { presences, presence, tell } = start()
    presence.subscribe(() => {})
    presences.takeChanges()
    tell({ ok: 1, i: 'v1', n: 2 })
    tell({ all: 1, i: 'v1', join: [ann, bob], n: 2 })
    const before = presence.getSnapshot()
    const told = presences.wishes()
    expect(told).toEqual({ [T]: { on: false, watch: true, at: 'v1' } })
    presences.setCarrier(told)
    expect(presence.getSnapshot()).toBe(before)
    tell({ ok: 1, i: 'w9', n: 2 })
    tell({ all: 1, i: 'w9', join: [{ ...ann }, { ...bob }], n: 2 })
    expect(presence.getSnapshot()).toBe(before)
    presences.setCarrier(presences.wishes())
    // The newest list is known: differences follow it.
    tell({ ok: 1, i: 'w9', n: 2 })
    tell({ i: 'w10', leave: ['bob'], n: 1 })
    expect(presence.getSnapshot().members).toEqual([ann])
  })

  test('while the connection is away the list is what was last known, and is told to be stale', () => {
    const { presences, presence, tell } = start()
    presence.subscribe(() => {})
    presence.join()
    presences.takeChanges()
    tell({ ok: 1, i: 'v1', n: 1, you: 'ann' })
    tell({ all: 1, i: 'v1', join: [ann], n: 1 })
    expect(presence.getSnapshot()).toMatchObject({ status: 'live', self: 'ann' })
    presences.setCarrier(undefined)
    expect(presence.getSnapshot()).toMatchObject({ status: 'stale', members: [ann], self: 'ann' })
    presences.setCarrier(presences.wishes())
    tell({ ok: 1, i: 'v1', n: 1, you: 'ann' })
    expect(presence.getSnapshot().status).toBe('live')
  })

  test('what a wire was asked for before a change is told again', () => {
    const { presences, presence } = start()
    const leave = presence.join('old')
    const told = presences.wishes()
    presence.join('new')
    presences.setCarrier(told)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: 'new' }])
    presences.setCarrier(told)
    leave()
    presences.setCarrier({})
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: 'new' }])
  })

  test('who left while a wire that knows nothing of it was opened is taken off it', () => {
    const { presences, presence } = start()
    const leave = presence.join()
    const told = presences.wishes()
    leave()
    vi.advanceTimersByTime(5_000)
    expect(presences.wishes()).toBeUndefined()
    presences.setCarrier(told)
    expect(presences.takeChanges()).toEqual([])
    presence.join()()
    presences.takeChanges()
    const second = presences.wishes()
    vi.advanceTimersByTime(5_000)
    presences.setCarrier(second)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: false }])
  })

  test('a refusal is told, not asked again by the same wire, and asked again when something else is wanted', () => {
    const { presences, presence, refuse, tell, errors } = start()
    presence.subscribe(() => {})
    presences.takeChanges()
    refuse(4003)
    expect(presence.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'refused', status: 4003 } })
    expect(errors).toHaveLength(1)
    expect(presences.changed).toBe(false)
    expect(presences.wishes()).toBeUndefined()
    presence.join('please')
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: 'please', watch: true }])
    tell({ ok: 1, i: 'v1', n: 1, you: 'ann' })
    tell({ all: 1, i: 'v1', join: [ann], n: 1 })
    expect(presence.getSnapshot()).toMatchObject({ status: 'live', self: 'ann' })
  })

  test('a refusal for now is tried again when the server said, with what is wanted by then', () => {
    const { presences, presence, refuse, errors } = start()
    presence.join(1)
    presences.takeChanges()
    refuse(4529, 1_000)
    expect(presences.changed).toBe(false)
    vi.advanceTimersByTime(1_000)
    expect(presences.takeChanges()).toEqual([{ t: 'pres', c: T, on: true, info: 1 }])
    expect(errors).toEqual([])
  })

  test('what is no topic, and no JSON, is said at the call', () => {
    const { presences, presence } = start()
    expect(() => presences.topic('no topic')).toThrow(TypeError)
    expect(() => presence.join(1n)).toThrow(TypeError)
    expect(presences.size).toBe(0)
  })
})

/** A server where the token is the user's name. */
const serveRooms = (options: RealtimeServerOptions = {}) =>
  serveChat({
    topics: { chat: { presence: true, clientSend: true } },
    authenticate: ({ token }) => ({ user: token! }),
    presenceLingerMs: 1_500,
    limits: { presenceMs: 20 },
    ...options,
  })

const openAs = (url: string, user: string, way: Way = 'ladder') =>
  openClient(url, way, { auth: () => user, lingerMs: 20 })

/** Everything that somebody who watches sees: who is there, and each who came or left in between. */
function watch(client: RealtimeClient, topic = T) {
  const presence = client.presence<{ n: number }>(topic)
  const changes: string[] = []
  let before: readonly string[] = []
  const stop = presence.subscribe(() => {
    const users = presence.getSnapshot().members.map(({ user }) => user)
    changes.push(...users.filter((user) => !before.includes(user)).map((user) => `+${user}`))
    changes.push(...before.filter((user) => !users.includes(user)).map((user) => `-${user}`))
    before = users
  })
  return { presence, changes, stop, users: () => [...presence.getSnapshot().members.map(({ user }) => user)].sort() }
}

describe.each(WAYS)('over %s', (way) => {
  test('clients see each other come, change and leave', async () => {
    const { url } = await serveRooms()
    const ann = openAs(url, 'ann', way)
    const bob = openAs(url, 'bob', way)
    const { presence, users } = watch(ann)
    presence.join({ n: 1 })
    await eventually(() => expect(presence.getSnapshot()).toMatchObject({ status: 'live', self: 'ann', count: 1 }))
    const leave = bob.presence(T).join({ n: 1 })
    await eventually(() => expect(users()).toEqual(['ann', 'bob']))
    const stopSecond = bob.presence(T).join({ n: 2 })
    await eventually(() => expect(presence.getSnapshot().members[1]).toEqual({ user: 'bob', info: { n: 2 }, conns: 1 }))
    stopSecond()
    leave()
    await eventually(() => expect(users()).toEqual(['ann']))
    expect(ann.connection.getSnapshot()).toMatchObject({ transport: transportOf(way) })
  })

  test('a cut and a reconnect make nobody leave, and what changed meanwhile is there after it', async () => {
    const { url, cut } = await serveRooms()
    const ann = openAs(url, 'ann', way)
    const bob = openAs(url, 'bob', way)
    const seen = watch(ann)
    seen.presence.join()
    bob.presence(T).join()
    await eventually(() => expect(seen.users()).toEqual(['ann', 'bob']))
    cut()
    const cleo = openAs(url, 'cleo')
    cleo.presence(T).join()
    await eventually(() => expect(seen.users()).toEqual(['ann', 'bob', 'cleo']))
    expect(seen.changes.filter((change) => change.startsWith('-'))).toEqual([])
    expect(seen.presence.getSnapshot().status).toBe('live')
  })

  test('messages go on beside it', async () => {
    const { url, realtime } = await serveRooms()
    const ann = openAs(url, 'ann', way)
    const texts: unknown[] = []
    ann.on(T, 'said', ({ data }) => texts.push(data))
    const { presence } = watch(ann)
    await eventually(() => expect(ann.topicStatus(T)).toBe('live'))
    presence.join()
    await eventually(() => expect(presence.getSnapshot().self).toBe('ann'))
    for (let n = 0; n < 5; n++) await realtime.publish(T, 'said', n)
    await eventually(() => expect(texts).toEqual([0, 1, 2, 3, 4]))
  })
})

test('a refused topic is an error, and the connection goes on', async () => {
  const { url } = await serveRooms()
  const ann = openAs(url, 'ann', 'longpoll')
  const secret = ann.presence('secret')
  secret.subscribe(() => {})
  const { presence } = watch(ann)
  await eventually(() => expect(secret.getSnapshot()).toMatchObject({ status: 'error', error: { status: 4003 } }))
  await eventually(() => expect(presence.getSnapshot().status).toBe('live'))
})

test('a change of transport make-before-break shows no flicker', async () => {
  const { url } = await serveRooms()
  const ann = openAs(url, 'ann')
  const seen = watch(openAs(url, 'cleo'))
  const own = watch(ann)
  own.presence.join()
  await eventually(() => expect(own.users()).toEqual(['ann']))
  for (let round = 0; round < 5; round++) {
    ann.reconnect()
    ann.presence(T).join(round)
    await eventually(() => expect(own.presence.getSnapshot().members[0]?.info).toBe(round))
  }
  await eventually(() => expect(seen.presence.getSnapshot().members[0]?.info).toBe(4))
  expect(own.changes).toEqual(['+ann'])
  expect(seen.changes).toEqual(['+ann'])
})

test('clients of two instances see each other, and who moves over does not flicker', async () => {
  const engine = createMemoryEngine()
  const here = await serveRooms({ backplane: memoryBackplane({ engine }) })
  const there = await serveRooms({ backplane: memoryBackplane({ engine }) })
  const seen = watch(openAs(there.url, 'ann'))
  const bob = openAs(here.url, 'bob')
  bob.presence(T).join()
  await eventually(() => expect(seen.users()).toEqual(['bob']))
  const cleo = openAs(here.url, 'cleo')
  const own = watch(cleo)
  own.presence.join()
  await eventually(() => expect(own.users()).toEqual(['bob', 'cleo']))
  bob.dispose()
  await eventually(() => expect(seen.users()).toEqual(['cleo']))
  expect(seen.changes).toEqual(['+bob', '+cleo', '-bob'])
})

test('a client without topics opens for its presence, and closes after it', async () => {
  const { url } = await serveRooms()
  const ann = openAs(url, 'ann')
  const leave = ann.presence(T).join()
  await eventually(() => expect(ann.presence(T).getSnapshot()).toMatchObject({ status: 'live', self: 'ann' }))
  leave()
  await untilStatus(ann, 'idle')
})
