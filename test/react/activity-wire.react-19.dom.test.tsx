import { act, configure, render } from '@testing-library/react'
import { Activity, type ReactNode, useLayoutEffect } from 'react'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { createClient } from '../../src/create-client.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createMemoryServer } from './memory-server.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const TOPIC = 'numbers'

const pass = (ms = 20) => act(() => vi.advanceTimersByTimeAsync(ms))

/** @param keeps - how many messages the server can replay */
function open(children: ReactNode, keeps?: number) {
  const server = createMemoryServer(keeps === undefined ? {} : { keeps })
  const client = createClient({ url: 'http://127.0.0.1/realtime', transports: [server.transport], storage: false })
  onTestFinished(() => client.dispose())
  // The wire stays, whoever leaves.
  client.connect()
  const tree = (mode: 'visible' | 'hidden') => (
    <RealtimeProvider client={client}>
      <Activity mode={mode}>{children}</Activity>
    </RealtimeProvider>
  )
  const { rerender } = render(tree('visible'))
  return { server, setMode: (mode: 'visible' | 'hidden') => rerender(tree(mode)) }
}

test.each([
  { gap: 'small enough to be filled', keeps: 10, shown: '1,2,3,4,5,6', reduced: 6 },
  { gap: 'larger than what the server keeps', keeps: 2, shown: '5,6', reduced: 4 },
])('a tree that was hidden for long has left its topic, and says so until it is live again: $gap', async (row) => {
  let reduced = 0
  const numbers = live({
    topic: TOPIC,
    initial: [] as readonly unknown[],
    reduce(all, { data }) {
      reduced++
      return [...all, data]
    },
  })
  const seen: string[] = []
  function Shows() {
    const { data, status } = useRealtime(numbers)
    const text = `${status} ${data.join()}`
    useLayoutEffect(() => void seen.push(text), [text])
    return null
  }
  const { server, setMode } = open(<Shows />, row.keeps)
  await pass()
  await act(async () => server.publish(TOPIC, 2))
  await pass()
  setMode('hidden')
  await pass(15_000)
  expect(server.heard).toContainEqual({ t: 'unsub', c: [TOPIC] })
  server.publish(TOPIC, 4)
  setMode('visible')
  expect(seen.at(-1)).toBe('stale 1,2')
  await pass()
  expect(seen.at(-1)).toBe(`live ${row.shown}`)
  expect(reduced).toBe(row.reduced)
  expect(server.started).toBe(1)
})

test('what was missed in a hidden tree is marked as replayed, and bounded by what is kept', async () => {
  const heard: string[] = []
  function Hears() {
    useRealtimeEvent(TOPIC, '*', ({ data, replayed }) => heard.push(`${String(data)}${replayed ? ' replayed' : ''}`), {
      replay: 'missed',
    })
    return null
  }
  const { server, setMode } = open(<Hears />, 3)
  await pass()
  await act(async () => server.publish(TOPIC, 2))
  setMode('hidden')
  await pass(15_000)
  server.publish(TOPIC, 5)
  setMode('visible')
  await pass()
  await act(async () => server.publish(TOPIC))
  expect(heard).toEqual(['1', '2', '5 replayed', '6 replayed', '7 replayed', '8'])
})
