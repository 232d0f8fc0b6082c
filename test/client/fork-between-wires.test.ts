import { expect, onTestFinished, test, vi } from 'vitest'
import type { Transport, WireEvents } from '../../src/client/transport.ts'
import { createClient } from '../../src/create-client.ts'
import type { OpenObject } from '../../src/protocol/frame.ts'

const TOPIC = 'numbers'
const message = (offset: number, tag: string) => ({
  t: 'm' as const,
  c: TOPIC,
  i: `epoch.${offset}-${tag}`,
  e: 'n',
  d: offset,
})
const OPEN = {
  t: 'open' as const,
  v: 1,
  cid: 'wire',
  hb: 60_000,
  retry: [0, 10] as const,
  lim: { in: 1_000_000, data: 100_000, topics: 100 },
  caps: [],
}

/** Wires that a test opens and ends by hand. */
function handMade() {
  const wires: { readonly events: WireEvents; readonly said: OpenObject }[] = []
  let away = false
  const transport: Transport = {
    name: 'websocket',
    unsupported: () => undefined,
    open({ openObject, events }) {
      void openObject().then((said) => {
        if (away) return events.ended({ code: 1006, message: 'the network is away' })
        wires.push({ events, said })
        events.reached()
        events.frames([OPEN])
      })
      return { send() {}, close() {} }
    },
  }
  return { transport, wires, setAway: (now: boolean) => (away = now) }
}

test('a topic that stands elsewhere than its wire says is asked for until another wire can be had', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { transport, wires, setAway } = handMade()
  const client = createClient({ url: 'http://127.0.0.1/realtime', transports: [transport], storage: false })
  onTestFinished(() => client.dispose())
  const heard: unknown[] = []
  client.listen(TOPIC, { onMessage: ({ id }) => heard.push(id), onReset: ({ why }) => heard.push(why) })
  await vi.advanceTimersByTimeAsync(0)
  const [first] = wires
  first!.events.frames([{ t: 'sub', c: TOPIC, i: 'epoch.1-a', n: 0 }, message(2, 'b')])
  // While no other wire can be had, this one tells of another message in that place.
  setAway(true)
  first!.events.frames([message(2, 'c'), message(3, 'd')])
  await vi.advanceTimersByTimeAsync(500)
  expect(client.connection.getSnapshot()).toMatchObject({ status: 'open' })
  expect(client.topicStatus(TOPIC)).toBe('stale')
  expect(heard).toEqual(['epoch.2-b'])

  setAway(false)
  await vi.waitFor(() => expect(wires).toHaveLength(2), { timeout: 3_000 })
  expect(wires[1]!.said.subs).toEqual({ [TOPIC]: 'epoch.2-b' })
  wires[1]!.events.frames([
    { t: 'reset', c: TOPIC, i: 'epoch.3-d', why: 'fork' },
    { t: 'sub', c: TOPIC, i: 'epoch.3-d', n: 0 },
    message(4, 'e'),
  ])
  expect(heard).toEqual(['epoch.2-b', 'fork', 'epoch.4-e'])
  expect(client.topicStatus(TOPIC)).toBe('live')
})
