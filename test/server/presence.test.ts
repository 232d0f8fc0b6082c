import { describe, expect, test } from 'vitest'
import type { OpenObject, PresenceFrame, PresentUser, ServerFrame } from '../../src/protocol/frame.ts'
import {
  type Backplane,
  createMemoryEngine,
  EverwireError,
  memoryBackplane,
  type RealtimeServerOptions,
} from '../../src/server.ts'
import { until } from '../support/until.ts'
import { connect, type Fixture, type Heard, openObject, poll, serve, stream } from './support.ts'

const T = 'room:1'

/** A server where the token is the user's name, and presence hurries. */
const serveRoom = (options: RealtimeServerOptions = {}): Promise<Fixture> =>
  serve({
    topics: { room: { presence: true } },
    authenticate: ({ token }) => ({ user: token ?? '' }),
    presenceLingerMs: 60,
    ...options,
    limits: { presenceMs: 20, ...options.limits },
  })

/** An open object of a session of a user, with what it wants of the room. */
const session = (sid: string, pres: Record<string, object>, subs: OpenObject['subs'] = {}): OpenObject =>
  openObject(subs, { sid: `session-${sid}`, auth: sid.split('-')[0]!, pres: pres as OpenObject['pres'] & object })

const seen = (info?: unknown) => ({ [T]: { on: true, ...(info !== undefined && { info }) } })
const WATCH = { [T]: { on: false, watch: true } }

const presence = (frames: readonly ServerFrame[], topic = T): PresenceFrame[] =>
  frames.filter((frame): frame is PresenceFrame => frame.t === 'p' && frame.c === topic)

/** The list that the frames make of nothing, by user. */
function listOf(frames: readonly ServerFrame[]): Record<string, PresentUser> {
  const users = new Map<string, PresentUser>()
  for (const { all, join, leave } of presence(frames)) {
    if (all) users.clear()
    for (const user of leave) users.delete(user)
    for (const user of join) users.set(user.user, user)
  }
  return Object.fromEntries(users)
}

const names = (frames: readonly ServerFrame[]) => Object.keys(listOf(frames)).sort()

const untilThere = (client: Heard, expected: readonly string[]) =>
  until(
    `${expected.join(' and ') || 'nobody'} to be there`,
    () => String(names(client.frames)) === String(expected),
    5_000,
  )

/** A client that is seen, by transport; returns its going. */
const COME = {
  async websocket(url: string, open: OpenObject) {
    const client = await connect(url, open)
    await client.frame('p')
    return () => client.ws.terminate()
  },
  async sse(url: string, open: OpenObject) {
    const client = await stream(url, open)
    await client.frame('p')
    return () => client.close()
  },
  async longpoll(url: string, open: OpenObject) {
    const abort = new AbortController()
    await poll(url, { ...open, wait: 0 })
    void (async () => {
      while (!abort.signal.aborted) await poll(url, { ...open, wait: 30 }, { signal: abort.signal }).catch(() => {})
    })()
    return () => abort.abort()
  },
} as const

describe.each(Object.keys(COME) as (keyof typeof COME)[])('over %s', (transport) => {
  test('somebody comes with an info and, some time after the connection is gone, leaves', async () => {
    const { url } = await serveRoom()
    const watcher = await connect(url, session('ann', WATCH))
    await untilThere(watcher, [])
    const go = await COME[transport](url, session('bob', seen({ mood: 'fine' })))
    await untilThere(watcher, ['bob'])
    expect(listOf(watcher.frames)['bob']).toEqual({ user: 'bob', info: { mood: 'fine' }, conns: 1 })
    go()
    await untilThere(watcher, [])
  })

  test('somebody who comes back within the linger was never away', async () => {
    const { url, realtime } = await serveRoom({ presenceLingerMs: 2_000 })
    const watcher = await connect(url, session('ann', WATCH))
    await untilThere(watcher, [])
    const go = await COME[transport](url, session('bob', seen()))
    await untilThere(watcher, ['bob'])
    go()
    await until('the end of the connection', () => realtime.connections === 1)
    // What is told of another is told after what there is to tell of him.
    await COME.websocket(url, session('cleo', seen()))
    await untilThere(watcher, ['bob', 'cleo'])
    const again = await COME[transport](url, session('bob', seen()))
    await COME.websocket(url, session('dora', seen()))
    await untilThere(watcher, ['bob', 'cleo', 'dora'])
    again()
    expect(presence(watcher.frames).flatMap(({ leave }) => leave)).toEqual([])
    const joined = presence(watcher.frames).flatMap(({ join }) => join.map(({ user }) => user))
    expect(joined).toEqual(['bob', 'cleo', 'dora'])
  })

  test('who sees the list need not be in it', async () => {
    const { url } = await serveRoom()
    const here = await connect(url, session('ann', { [T]: { on: true, watch: true } }))
    await untilThere(here, ['ann'])
    const open = session('bob', WATCH)
    const heard =
      transport === 'longpoll'
        ? await poll(url, { ...open, wait: 0 })
        : await (transport === 'sse' ? stream : connect)(url, open)
    await untilThere(heard, ['ann'])
    await untilThere(here, ['ann'])
    const go = await COME.websocket(url, session('cleo', seen()))
    await untilThere(here, ['ann', 'cleo'])
    go()
  })
})

test('a user with several sessions is one member, told when the first comes, changed as they come, gone with the last', async () => {
  const { url } = await serveRoom()
  const watcher = await connect(url, session('ann', WATCH))
  await untilThere(watcher, [])
  const first = await COME.websocket(url, session('bob-1', seen('desk')))
  await untilThere(watcher, ['bob'])
  const second = await COME.sse(url, session('bob-2', seen('phone')))
  const bob = () => listOf(watcher.frames)['bob']
  await until('the second session', () => bob()?.conns === 2)
  // What was said last is what is shown.
  expect(bob()?.info).toBe('phone')
  second()
  await until('one session', () => bob()?.conns === 1)
  expect(bob()?.info).toBe('desk')
  first()
  await untilThere(watcher, [])
  expect(presence(watcher.frames).at(-1)).toMatchObject({ join: [], leave: ['bob'], n: 0 })
})

test('the first list is the whole one with oneself in it, and says under which name', async () => {
  const { url } = await serveRoom()
  await COME.websocket(url, session('ann', seen()))
  const bob = await connect(url, session('bob', { [T]: { on: true, watch: true } }))
  await untilThere(bob, ['ann', 'bob'])
  const [granted, whole, ...others] = presence(bob.frames)
  expect(granted).toMatchObject({ ok: 1, you: 'bob', join: [], n: 2 })
  expect(whole).toMatchObject({ all: 1, n: 2, join: [{ user: 'ann' }, { user: 'bob' }] })
  expect(others).toEqual([])
})

test('over WebSocket a frame changes what is wanted, and leaving on purpose needs no linger', async () => {
  const { url } = await serveRoom({ presenceLingerMs: 60_000 })
  const watcher = await connect(url, session('ann', {}))
  watcher.send({ t: 'pres', c: T, on: false, watch: true })
  await untilThere(watcher, [])
  const bob = await connect(url, session('bob', {}))
  bob.send({ t: 'pres', c: T, on: true, info: 1 })
  await untilThere(watcher, ['bob'])
  bob.send({ t: 'pres', c: T, on: true, info: 2 })
  await until('the change', () => listOf(watcher.frames)['bob']?.info === 2)
  bob.send({ t: 'pres', c: T, on: false })
  await untilThere(watcher, [])
  watcher.send({ t: 'pres', c: T, on: false })
  await until('the end of watching', () => presence(watcher.frames).at(-1)?.ok === 1)
  const before = watcher.frames.length
  bob.send({ t: 'pres', c: T, on: true, watch: true })
  await untilThere(bob, ['bob'])
  watcher.send({ t: 'hb', ts: 1 })
  await watcher.frame('hb')
  expect(presence(watcher.frames.slice(before))).toEqual([])
})

test('a stream that opens without it makes its client leave at once where it says so, while the old stream still runs', async () => {
  const { url } = await serveRoom({ presenceLingerMs: 60_000 })
  const watcher = await connect(url, session('ann', WATCH))
  await untilThere(watcher, [])
  await COME.sse(url, session('bob', seen()))
  await untilThere(watcher, ['bob'])
  await COME.sse(url, session('bob', { [T]: { on: false } }))
  await untilThere(watcher, [])
})

test('changes that come together are told together', async () => {
  const { url } = await serveRoom({ limits: { presenceMs: 150 } })
  const watcher = await connect(url, session('ann', WATCH))
  await untilThere(watcher, [])
  const bob = await connect(url, session('bob', seen(0)))
  await untilThere(watcher, ['bob'])
  for (let info = 1; info <= 50; info++) {
    bob.send({ t: 'pres', c: T, on: true, info })
    await bob.frame('p', info)
  }
  await until('the last change', () => listOf(watcher.frames)['bob']?.info === 50)
  expect(presence(watcher.frames).filter(({ join }) => join.length > 0).length).toBeLessThan(6)
})

test('a poll that has the newest list waits for a change of it', async () => {
  const { url } = await serveRoom()
  await COME.websocket(url, session('ann', seen()))
  const first = await poll(url, session('bob', WATCH))
  expect(names(first.frames)).toEqual(['ann'])
  const { i: at } = presence(first.frames).at(-1)!
  const still = await poll(url, { ...session('bob', { [T]: { on: false, watch: true, at } }), wait: 50 })
  expect(presence(still.frames)).toMatchObject([{ ok: 1, i: at, n: 1 }])
  expect(still.frames.at(-1)?.t).toBe('hb')
  const changed = poll(url, { ...session('bob', { [T]: { on: false, watch: true, at } }), wait: 20_000 })
  await COME.websocket(url, session('cleo', seen()))
  expect(presence((await changed).frames).flatMap(({ join }) => join)).toMatchObject([{ user: 'cleo' }])
})

test('a poll that has no list is answered with one, however slowly that is read', async () => {
  const backplane = memoryBackplane()
  const list: Backplane['presence']['list'] = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 30))
    return backplane.presence.list(...args)
  }
  const { url } = await serveRoom({ backplane: { ...backplane, presence: { ...backplane.presence, list } } })
  const answer = await poll(url, { ...session('ann', { [T]: { on: true, watch: true } }), wait: 0 })
  expect(names(answer.frames)).toEqual(['ann'])
})

test('a list that is too long is cut, its number is not, and who leaves makes room', async () => {
  const { url } = await serveRoom({ limits: { presentUsers: 2 } })
  const goings = []
  for (const name of ['a', 'b', 'c', 'd']) goings.push(await COME.websocket(url, session(`${name}-session`, seen())))
  const watcher = await connect(url, session('ann', WATCH))
  await untilThere(watcher, ['a', 'b'])
  expect(presence(watcher.frames).at(-1)).toMatchObject({ all: 1, n: 4 })
  goings[3]!()
  await until('the number', () => presence(watcher.frames).at(-1)?.n === 3)
  expect(names(watcher.frames)).toEqual(['a', 'b'])
  goings[0]!()
  await untilThere(watcher, ['b', 'c'])
  expect(presence(watcher.frames).at(-1)).toMatchObject({ leave: ['a'], n: 2 })
})

test('who does not read for a while gets the whole list when it reads again', async () => {
  const { url, realtime } = await serveRoom({ topics: { '*': { presence: true } }, limits: { bufferBytes: 4_096 } })
  const watcher = await connect(url, session('ann', WATCH, { 'feed:1': null }))
  await untilThere(watcher, [])
  await watcher.frame('sub')
  watcher.ws.pause()
  // More than what the system takes for a socket that nobody reads.
  for (let n = 0; n < 600; n++) {
    await realtime.publish('feed:1', 'said', 'x'.repeat(30_000))
    if (n % 5 === 0) await new Promise(setImmediate)
  }
  expect(realtime.stats().bufferedBytes).toBeGreaterThan(4_096)
  const bob = await connect(url, session('bob', seen()))
  await bob.frame('p')
  const cleo = await connect(url, session('cleo', { [T]: { on: true, watch: true } }))
  await untilThere(cleo, ['bob', 'cleo'])
  watcher.ws.resume()
  await untilThere(watcher, ['bob', 'cleo'])
  expect(presence(watcher.frames).at(-1)).toMatchObject({ all: 1, n: 2 })
})

describe('refused', () => {
  const refusal = async (options: RealtimeServerOptions, open: OpenObject) => {
    const { url } = await serveRoom(options)
    const client = await connect(url, open)
    const { code, c } = await client.frame('err')
    client.send({ t: 'hb', ts: 1 })
    await client.frame('hb')
    expect(presence(client.frames)).toEqual([])
    return { code, c }
  }

  test('topics that have no presence', async () => {
    expect(await refusal({ topics: {} }, session('ann', seen()))).toEqual({ c: T, code: 4003 })
  })

  test('being seen, where authorize says no', async () => {
    const authorize = ({ action }: { action: string }) => action !== 'presence'
    expect(await refusal({ authorize }, session('ann', seen()))).toEqual({ c: T, code: 4003 })
  })

  test('seeing, where authorize says no', async () => {
    const authorize = ({ action }: { action: string }) => action !== 'watch'
    expect(await refusal({ authorize }, session('ann', WATCH))).toEqual({ c: T, code: 4003 })
  })

  test('an info that is too big', async () => {
    expect(await refusal({}, session('ann', seen('x'.repeat(1_023))))).toEqual({ c: T, code: 4013 })
  })

  test('more topics than a connection may have', async () => {
    const { url } = await serveRoom({ limits: { topics: 2 } })
    const pres = Object.fromEntries(['room:1', 'room:2', 'room:3'].map((topic) => [topic, { on: true }]))
    const client = await connect(url, session('ann', pres))
    expect(await client.frame('err')).toMatchObject({ c: 'room:3', code: 4013 })
    await client.frame('p', 1)
  })

  test('changes that come too often, with a time after which to try again', async () => {
    const { url } = await serveRoom({ limits: { sendsPerSecond: 1, sendBurst: 2 } })
    const client = await connect(url, session('ann', {}))
    for (let info = 0; info < 3; info++) client.send({ t: 'pres', c: T, on: true, info })
    expect(await client.frame('err')).toMatchObject({ c: T, code: 4529, retry: expect.any(Number) as number })
  })

  test('what a renewed token no longer allows', async () => {
    let mayBeSeen = true
    const { url } = await serveRoom({ authorize: ({ action }) => mayBeSeen || action === 'watch' })
    const watcher = await connect(url, session('ann', WATCH))
    const bob = await connect(url, session('bob', seen()))
    await untilThere(watcher, ['bob'])
    mayBeSeen = false
    bob.send({ t: 'auth', token: 'bob' })
    expect(await bob.frame('err')).toMatchObject({ c: T, code: 4003 })
    await untilThere(watcher, [])
  })
})

test('a user cannot take the session of another by its id', async () => {
  const { url } = await serveRoom()
  const watcher = await connect(url, session('ann', WATCH))
  await COME.websocket(url, openObject({}, { sid: 'the-same-session', auth: 'bob', pres: seen('true') }))
  const eve = await connect(url, openObject({}, { sid: 'the-same-session', auth: 'eve', pres: seen('false') }))
  await untilThere(watcher, ['bob', 'eve'])
  eve.send({ t: 'pres', c: T, on: false })
  await untilThere(watcher, ['bob'])
  expect(listOf(watcher.frames)['bob']?.info).toBe('true')
})

test('tenants do not see each other', async () => {
  const { url } = await serveRoom({
    authenticate: ({ token }) => ({ user: token!, tenant: token!.startsWith('a') ? 'first' : 'second' }),
  })
  const ann = await connect(url, session('ann', { [T]: { on: true, watch: true } }))
  const bob = await connect(url, session('bob', { [T]: { on: true, watch: true } }))
  await untilThere(bob, ['bob'])
  await untilThere(ann, ['ann'])
})

test('where nobody has a name each client is somebody of its own, and no session id is told', async () => {
  const { url } = await serveRoom({ authenticate: () => ({ user: '' }) })
  const ann = await connect(url, session('ann', { [T]: { on: true, watch: true } }))
  await COME.websocket(url, session('bob', seen()))
  await until('both', () => names(ann.frames).length === 2)
  const text = JSON.stringify(ann.frames)
  expect(text).not.toContain('session-')
  expect(names(ann.frames)).toContain(presence(ann.frames).find(({ you }) => you !== undefined)?.you)
})

describe('two instances', () => {
  const two = async (wrap: (backplane: Backplane) => Backplane = (backplane) => backplane) => {
    const engine = createMemoryEngine({ leaseMs: 300 })
    const backplane = wrap(memoryBackplane({ engine }))
    const here = await serveRoom({ backplane, log() {} })
    const there = await serveRoom({ backplane: memoryBackplane({ engine }), log() {} })
    return { here, there, backplane }
  }

  test('one sees who is on the other', async () => {
    const { here, there } = await two()
    const watcher = await connect(there.url, session('ann', WATCH))
    const go = await COME.websocket(here.url, session('bob', seen()))
    await untilThere(watcher, ['bob'])
    go()
    await untilThere(watcher, [])
  })

  test('who moves to the other, and back, was never away', async () => {
    const { here, there } = await two()
    const watcher = await connect(there.url, session('ann', WATCH))
    await untilThere(watcher, [])
    let go = await COME.websocket(here.url, session('bob', seen()))
    for (const { url } of [there, here, there, here]) {
      const next = await COME.sse(url, session('bob', seen()))
      go()
      go = next
    }
    // Somebody who really leaves shows that the lingers of the others are over.
    const last = await COME.websocket(there.url, session('cleo', seen()))
    await untilThere(watcher, ['bob', 'cleo'])
    last()
    await untilThere(watcher, ['bob'])
    expect(presence(watcher.frames).flatMap(({ leave }) => leave)).toEqual(['cleo'])
  })

  test('those on an instance that is killed leave when its lease ends, and those who came over stay', async () => {
    const { here, there, backplane } = await two()
    const watcher = await connect(there.url, session('ann', WATCH))
    await COME.websocket(here.url, session('bob', seen()))
    await COME.websocket(here.url, session('cleo', seen()))
    await untilThere(watcher, ['bob', 'cleo'])
    // As a kill looks to the others: it says nothing any more.
    await backplane.close()
    await COME.websocket(there.url, session('cleo', seen()))
    await untilThere(watcher, ['cleo'])
    expect(presence(watcher.frames).flatMap(({ leave }) => leave)).toEqual(['bob'])
  })

  test('an engine that is away for a while is asked again until everybody is there', async () => {
    let isAway = true
    const away = () => {
      if (isAway) throw new EverwireError('refused', 'the engine is away')
    }
    const { here, there } = await two((backplane) => ({
      ...backplane,
      presence: {
        ...backplane.presence,
        async join(...args) {
          away()
          await backplane.presence.join(...args)
        },
        async list(...args) {
          away()
          return backplane.presence.list(...args)
        },
      },
    }))
    const watcher = await connect(there.url, session('ann', WATCH))
    const bob = await connect(here.url, session('bob', { [T]: { on: true, watch: true } }))
    await untilThere(watcher, [])
    isAway = false
    await untilThere(watcher, ['bob'])
    await untilThere(bob, ['bob'])
  })
})

test('a poll that resumes is answered as soon as a slow authorize let it in', async () => {
  const slow = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 20))
  const { url, realtime } = await serveRoom({ authorize: slow })
  const { id } = await realtime.publish(T, 'said', 1)
  const started = performance.now()
  const answer = await poll(url, { ...session('ann', {}, { [T]: id }), wait: 0 })
  expect(answer.frames.map(({ t }) => t)).toEqual(['open', 'sub', 'hb'])
  expect(performance.now() - started).toBeLessThan(3_000)
})
