import { expect, onTestFinished, test } from 'vitest'
import { parsePosition } from '../../src/protocol/position.ts'
import type { Backplane, PresenceDiff, PresenceMember, Previous, Stored } from '../../src/server.ts'

const HISTORY = { size: 5, ttlMs: 60_000 }

/**
 * What every backplane promises. `pair` gives two instances over one engine, each call a fresh engine or fresh names.
 */
export function describeBackplane(
  pair: () => readonly [Backplane, Backplane] | Promise<readonly [Backplane, Backplane]>,
): void {
  async function start() {
    const [here, there] = await pair()
    const heard: { topic: string; message: Stored; prev: Previous | null }[] = []
    const signals: string[] = []
    const presences: string[] = []
    const topic = `/test:${Math.random().toString(36).slice(2)}`
    const events = (own: boolean) => ({
      message: (topic: string, message: Stored, prev: Previous | null) =>
        void (own || heard.push({ topic, message, prev })),
      suspect: () => {},
      presence: (name: string, { join, leave, count }: PresenceDiff) => {
        const sids = (members: readonly PresenceMember[]) => members.map(({ sid }) => sid).join()
        if (!own) presences.push(`${name === topic} +${sids(join)} -${sids(leave)} =${count}`)
      },
      signal: (from: string, body: string) => void signals.push(`${from}: ${body}`),
    })
    await here.start('here', events(true))
    await there.start('there', events(false))
    onTestFinished(async () => {
      await here.close()
      await there.close()
    })
    const publish = async (count: number, from = 0) => {
      const positions: string[] = []
      for (let number = from; number < from + count; number++) {
        positions.push((await here.publish(topic, `{"e":"n","d":${number}}`, { history: HISTORY })).pos)
      }
      return positions
    }
    return { here, there, heard, signals, presences, topic, publish }
  }

  test('positions of one topic share an epoch, rise, and are all different', async () => {
    const { topic, publish, here } = await start()
    const positions = await publish(4)
    expect(new Set(positions.map((position) => position.split('.')[0])).size).toBe(1)
    expect(new Set(positions).size).toBe(4)
    const offsets = positions.map((position) => Number(/\.(\d+)-/.exec(position)![1]))
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
    expect((await here.heads([topic])).get(topic)).toBe(positions.at(-1))
  })

  test('another instance hears messages in order once it is subscribed, and no more after it left', async () => {
    const { there, topic, publish, heard } = await start()
    const [before] = await publish(1)
    expect((await there.subscribe([topic])).get(topic)).toBe(before)
    const positions = await publish(3)
    await expect.poll(() => heard.map(({ message }) => message.pos)).toEqual(positions)
    await there.unsubscribe([topic])
    await publish(1)
    expect(heard).toHaveLength(3)
  })

  test('what it tells of the message before one, in a live feed that lost nothing, is true', async () => {
    const { there, topic, publish, heard } = await start()
    const [before] = await publish(1)
    await there.subscribe([topic])
    const positions = await publish(3)
    await expect.poll(() => heard.length).toBe(3)
    for (const [index, { prev }] of heard.entries()) {
      const { offset, tag } = parsePosition([before!, ...positions][index]!)!
      // It may know nothing, or not the tag.
      expect([prev?.offset ?? offset, prev?.tag ?? tag]).toEqual([offset, tag])
    }
  })

  test('since tells everything after a position, on every instance', async () => {
    const { there, topic, publish } = await start()
    const positions = await publish(5)
    const since = await there.since(topic, positions[1]!, 100)
    expect(since).toMatchObject({ status: 'ok', top: positions[4] })
    expect(since.status !== 'reset' && since.messages.map(({ pos }) => pos)).toEqual(positions.slice(2))
    expect(await there.since(topic, positions[4]!, 100)).toEqual({ status: 'ok', messages: [], top: positions[4] })
  })

  test('since with a limit says that there is more, and goes on from the last position', async () => {
    const { here, topic, publish } = await start()
    const positions = await publish(5)
    const first = await here.since(topic, positions[0]!, 3)
    expect(first.status).toBe('more')
    const last = first.status !== 'reset' ? first.messages.at(-1)!.pos : ''
    expect(last).toBe(positions[3])
    expect(await here.since(topic, last, 3)).toMatchObject({ status: 'ok', messages: [{ pos: positions[4] }] })
  })

  test('"0" is from the oldest kept', async () => {
    const { here, topic, publish } = await start()
    const positions = await publish(9)
    const since = await here.since(topic, '0', 100)
    expect(since.status !== 'reset' && since.messages.map(({ pos }) => pos).slice(-5)).toEqual(positions.slice(-5))
  })

  test('a position that cannot be joined is a reset, with the reason and the head', async () => {
    const { here, topic, publish } = await start()
    const positions = await publish(30)
    const top = positions.at(-1)!
    const [epoch, rest] = top.split('.') as [string, string]
    expect(await here.since(topic, `other.${rest}`, 10)).toEqual({ status: 'reset', why: 'epoch', top })
    expect(await here.since(topic, positions[0]!, 10)).toEqual({ status: 'reset', why: 'trimmed', top })
    expect(await here.since(topic, top.replace(/(\.\d+)-.*$/, '$1-zzzzzz'), 10)).toEqual({
      status: 'reset',
      why: 'fork',
      top,
    })
    expect(await here.since(topic, positions[27]!.replace(/(\.\d+)-.*$/, '$1-zzzzzz'), 10)).toMatchObject({
      why: 'fork',
    })
    expect(await here.since(topic, `${epoch}.999999-abcdef`, 10)).toMatchObject({ why: 'fork' })
  })

  test('a head taken before the first message resumes everything', async () => {
    const { here, topic, publish } = await start()
    const head = (await here.subscribe([topic])).get(topic)!
    const positions = await publish(2)
    expect(await here.since(topic, head, 10)).toMatchObject({
      status: 'ok',
      messages: positions.map((pos) => ({ pos })),
    })
  })

  test('a repeated key stores nothing, and with other data it is a conflict', async () => {
    const { here, there, topic } = await start()
    const key = { id: 'user\nkey', digest: 'one', ttlMs: 60_000 }
    const put = (backplane: Backplane, digest: string, name = topic) =>
      backplane.publish(name, '{"e":"n","d":1}', { history: HISTORY, key: { ...key, digest } })
    const [first, ...others] = await Promise.all([put(here, 'one'), put(there, 'one'), put(here, 'one')])
    for (const other of others) expect(other).toEqual({ pos: first.pos, duplicate: true })
    expect(await put(there, 'two')).toEqual({ pos: first.pos, duplicate: false, conflict: true })
    expect(await put(here, 'one', `${topic}-other`)).toMatchObject({ duplicate: false })
    expect(await here.since(topic, '0', 10)).toMatchObject({ messages: [{ pos: first.pos }] })
  })

  test('messages past their time are not told any more', async () => {
    const { here, topic } = await start()
    const put = () => here.publish(topic, '{"e":"n"}', { history: { size: 5, ttlMs: 30 } })
    const { pos } = await put()
    const last = await put()
    await expect.poll(async () => (await here.since(topic, pos, 10)).status).toBe('reset')
    expect(await here.since(topic, last.pos, 10)).toEqual({ status: 'ok', messages: [], top: last.pos })
  })

  test('a signal reaches one instance by its name, and all others by *', async () => {
    const { here, there, signals } = await start()
    await here.signal('there', 'a')
    await there.signal('*', 'b')
    await expect.poll(() => signals).toEqual(['here: a', 'there: b'])
  })

  test('a member is listed once until it leaves', async () => {
    const { here, there, topic } = await start()
    await here.presence.join(topic, { sid: 's1', user: 'ann' })
    await here.presence.join(topic, { sid: 's1', user: 'ann' })
    await expect.poll(() => there.presence.list(topic, 10)).toEqual({ members: [{ sid: 's1', user: 'ann' }], count: 1 })
    await here.presence.leave(topic, 's1')
    await expect.poll(() => there.presence.list(topic, 10)).toEqual({ members: [], count: 0 })
  })

  test('who watches hears who comes, changes and leaves, and nothing of what changed nothing', async () => {
    const { here, there, topic, presences } = await start()
    await here.presence.join(topic, { sid: 'before', user: 'ann' })
    await there.presence.watch([topic])
    await here.presence.join(topic, { sid: 's1', user: 'bob', info: { mood: 'a' } })
    await here.presence.join(topic, { sid: 's1', user: 'bob', info: { mood: 'a' } })
    await here.presence.join(topic, { sid: 's1', user: 'bob', info: { mood: 'b' } })
    await here.presence.leave(topic, 's1')
    await here.presence.leave(topic, 's1')
    await here.presence.leave(topic, 'before')
    await expect.poll(() => presences).toEqual(['true +s1 - =2', 'true +s1 - =2', 'true + -s1 =1', 'true + -before =0'])
    await there.presence.unwatch([topic])
    await here.presence.join(topic, { sid: 's1', user: 'bob' })
    expect(presences).toHaveLength(4)
  })

  test('a session that moved to another instance is not taken away by the first', async () => {
    const { here, there, topic, presences } = await start()
    const bob = { sid: 's1', user: 'bob' }
    await there.presence.watch([topic])
    await here.presence.join(topic, bob)
    await there.presence.join(topic, bob)
    await here.presence.leave(topic, 's1')
    expect(await here.presence.list(topic, 10)).toEqual({ members: [bob], count: 1 })
    await there.presence.leave(topic, 's1')
    expect(await here.presence.list(topic, 10)).toEqual({ members: [], count: 0 })
    await expect.poll(() => presences).toEqual(['true +s1 - =1', 'true + -s1 =0'])
  })

  test('it is healthy while it is started', async () => {
    const { here } = await start()
    expect(await here.health()).toMatchObject({ ok: true })
  })
}
