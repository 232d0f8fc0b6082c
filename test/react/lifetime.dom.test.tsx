import { act, configure, render } from '@testing-library/react'
import { useEffect } from 'react'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { createClient } from '../../src/create-client.ts'
import type { PubFrame } from '../../src/protocol/frame.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createMemoryServer } from './memory-server.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const TOPIC = 'numbers'

function open() {
  const server = createMemoryServer()
  const client = createClient({ url: 'http://127.0.0.1/realtime', transports: [server.transport], storage: false })
  onTestFinished(() => client.dispose())
  let reduced = 0
  const count = live({
    topic: TOPIC,
    initial: 0,
    reduce(state: number) {
      reduced++
      return state + 1
    },
  })
  function Shows() {
    useRealtimeEvent(TOPIC, '*', () => {})
    return <i>{useRealtime(count).data}</i>
  }
  const page = (...keys: string[]) => (
    <RealtimeProvider client={client}>
      {keys.map((key) => (
        <Shows key={key} />
      ))}
    </RealtimeProvider>
  )
  return {
    server,
    client,
    page,
    reduced: () => reduced,
    /** What the server was told of topics, in order. */
    told: () => server.heard.filter(({ t }) => t === 'sub' || t === 'unsub').map(({ t }) => t),
  }
}

const pass = (ms = 20) => act(() => vi.advanceTimersByTimeAsync(ms))

test('a page in StrictMode opens one wire that asks once, and leaves no wire and no timer', async () => {
  const { server, page, told } = open()
  const { unmount } = render(page('a', 'b'))
  await pass()
  expect(server.opened.map(({ subs }) => subs)).toEqual([{ [TOPIC]: '0' }])
  expect(told()).toEqual([])
  unmount()
  await pass(4900)
  expect(server.wires).toHaveLength(1)
  await pass(200)
  expect(server.wires).toHaveLength(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('a topic outlives its last state by the longer of the two lingers, not by both', async () => {
  const { server, client } = open()
  const Shows = ({ keepAliveMs }: { keepAliveMs: number }) =>
    useRealtime(
      live({ topic: TOPIC, name: `kept ${keepAliveMs}`, initial: 0, reduce: (n: number) => n + 1, keepAliveMs }),
    ).data
  for (const [keepAliveMs, lingersFor] of [
    [0, 5_000],
    [3_000, 5_000],
    [8_000, 8_000],
  ] as const) {
    const { unmount } = render(
      <RealtimeProvider client={client}>
        <Shows keepAliveMs={keepAliveMs} />
      </RealtimeProvider>,
    )
    await pass()
    unmount()
    await pass(lingersFor - 100)
    expect(server.wires).toHaveLength(1)
    await pass(200)
    expect(server.wires).toHaveLength(0)
  }
})

test('a send that was answered while a topic lingers keeps the wire for a linger of its own', async () => {
  const { server, client, page } = open()
  const { unmount } = render(page('a'))
  await pass()
  unmount()
  await pass(3_000)
  const sent = client.send(TOPIC, 'tick', 1)
  await pass()
  const { id } = server.heard.find(({ t }) => t === 'pub') as PubFrame
  server.wires[0]!.events.frames([{ t: 'ack', id, i: 'memory.1-x' }])
  await act(() => sent)
  await pass(4_800)
  expect(server.wires).toHaveLength(1)
  await pass(400)
  expect(server.wires).toHaveLength(0)
})

test('keys and routes that change in one commit, and one of two that leaves, change nothing on the wire', async () => {
  const { server, page, told } = open()
  const { rerender } = render(page('a', 'b'))
  await pass()
  for (const keys of [['c', 'd'], ['d'], ['e'], ['f', 'g', 'h']]) {
    rerender(page(...keys))
    await pass(10_000)
  }
  expect(server.opened).toHaveLength(1)
  expect(told()).toEqual([])
})

test('who returns within the linger finds the same wire, and who returns later another one that goes on where it was', async () => {
  const { server, page, reduced } = open()
  const { rerender, container } = render(page('a'))
  await pass()
  await act(async () => server.publish(TOPIC, 3))
  rerender(page())
  await pass(4000)
  await act(async () => server.publish(TOPIC))
  rerender(page('a'))
  await pass()
  expect(container.textContent).toBe('4')
  expect(server.opened).toHaveLength(1)

  rerender(page())
  await pass(15_000)
  expect(server.wires).toHaveLength(0)
  server.publish(TOPIC, 2)
  rerender(page('a'))
  await pass()
  expect(server.opened).toHaveLength(2)
  expect(container.textContent).toBe('6')
  // What was reduced before is not reduced again.
  expect(reduced()).toBe(6)
})

test('a state that is forgotten is in nothing that the client gives away', async () => {
  const { client, server, page } = open()
  const { rerender } = render(page('a'))
  await pass()
  await act(async () => server.publish(TOPIC, 3))
  rerender(page())
  await pass(60_000)
  expect(Object.values(client.dehydrate().states!)).toMatchObject([{ data: 3 }])
  await pass(300_000)
  expect(client.dehydrate().states).toEqual({})
})

test('many short visits put off one and the same end', async () => {
  const { server, page, told } = open()
  const { rerender } = render(page('a'))
  await pass()
  const timers = vi.getTimerCount()
  for (let visit = 0; visit < 50; visit++) {
    rerender(page())
    await pass(1000)
    // One to leave, whatever the number of visits.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(timers + 1)
    rerender(page('a'))
    await pass(100)
  }
  rerender(page())
  await pass(4900)
  expect(told()).toEqual([])
  expect(server.wires).toHaveLength(1)
  await pass(12_000)
  expect(server.wires).toHaveLength(0)
  expect(server.opened).toHaveLength(1)
})

/** Tries again when it is told to, as many components do at once when a page returns. */
function Reconnects({ reconnect, when }: { reconnect: () => void; when: number }) {
  useEffect(() => {
    if (when) reconnect()
  }, [reconnect, when])
  return null
}

test('twenty components that reconnect at once are one attempt', async () => {
  const { server, client } = open()
  function Page({ when }: { when: number }) {
    const { reconnect } = useRealtime(TOPIC)
    return Array.from({ length: 20 }, (_, index) => <Reconnects key={index} reconnect={reconnect} when={when} />)
  }
  const tree = (when: number) => (
    <RealtimeProvider client={client}>
      <Page when={when} />
    </RealtimeProvider>
  )
  const { rerender } = render(tree(0))
  await pass()
  expect(server.started).toBe(1)
  rerender(tree(1))
  await pass()
  expect(server.started).toBe(2)
  expect(server.wires).toHaveLength(1)
  // While it is away too.
  act(() => client.disconnect())
  await pass()
  rerender(tree(2))
  await pass()
  expect(server.started).toBe(3)
  expect(client.connection.getSnapshot().status).toBe('open')
})

test('to reconnect after a disconnect in the same task is meant', async () => {
  const { client, server, page } = open()
  render(page('a'))
  await pass()
  act(() => {
    client.reconnect()
    client.disconnect()
    client.reconnect()
  })
  await pass()
  expect(client.connection.getSnapshot().status).toBe('open')
  expect(server.wires).toHaveLength(1)
})
