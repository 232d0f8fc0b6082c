import { act, configure, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LogEntry } from '../../src/client/event-log.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { type EventLogOptions, useEventLog } from '../../src/react/use-event-log.ts'
import { createFakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

function start(options: EventLogOptions = { topics: 'numbers' }) {
  const client = createFakeClient()
  let renders = 0
  const { result, rerender, unmount } = renderHook(
    (props: EventLogOptions) => {
      renders++
      return useEventLog(props)
    },
    {
      wrapper: ({ children }: { children: ReactNode }) => (
        <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
      ),
      initialProps: options,
    },
  )
  return { client, rerender, unmount, log: () => result.current, renders: () => renders }
}

const nextFrame = () => act(() => void vi.advanceTimersToNextFrame())
const data = (entries: readonly LogEntry[]) =>
  entries.map((entry) => (entry.kind === 'message' ? entry.message.data : entry.kind))

test('logs what happens, each once and in order', () => {
  const { client, log } = start()
  act(() => {
    client.setConnection({ status: 'connecting', transport: null, attempt: 1, error: null, trail: [] })
    client.tellVerdict({ transport: 'websocket', reason: 'hung', detail: 'no answer', at: 1 })
    client.setConnection(OPEN)
    client.setConnection({ ...OPEN, latency: 5 })
    client.emit('numbers', 'tick', 1)
    client.emit('others', 'tick', 2)
    client.setStatus('numbers', 'stale')
    client.reset('numbers', [3])
  })
  nextFrame()
  expect(data(log().entries)).toEqual(['connection', 'verdict', 'connection', 1, 'topic', 'reset', 3])
  expect(log().entries.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('is bounded, says what it dropped, and renders at most once a frame', () => {
  const { client, log, renders } = start({ topics: ['numbers'], limit: 10 })
  const before = renders()
  act(() => void client.burst('numbers', 1000))
  nextFrame()
  expect(data(log().entries)).toEqual([991, 992, 993, 994, 995, 996, 997, 998, 999, 1000])
  expect(log().dropped).toBe(990)
  // StrictMode renders twice: for the first message, and for the rest of the frame.
  expect(renders() - before).toBeLessThanOrEqual(4)
})

test('stands still while paused, and shows what came meanwhile when it goes on', () => {
  const { client, log } = start()
  act(() => void client.burst('numbers', 2))
  nextFrame()
  act(() => log().pause())
  const { entries } = log()
  act(() => void client.burst('numbers', 3))
  nextFrame()
  expect(log()).toMatchObject({ paused: true, waiting: 3 })
  expect(log().entries).toBe(entries)
  act(() => log().resume())
  expect(log()).toMatchObject({ paused: false, waiting: 0 })
  expect(data(log().entries)).toEqual([1, 2, 1, 2, 3])
})

test('is empty when it was cleared, also while paused, and goes on', () => {
  const { client, log } = start()
  act(() => void client.burst('numbers', 2))
  nextFrame()
  act(() => log().pause())
  act(() => void client.burst('numbers', 2))
  act(() => log().clear())
  expect(log()).toMatchObject({ entries: [], dropped: 0, waiting: 0, paused: true })
  act(() => log().resume())
  act(() => void client.emit('numbers', 'tick', 'new'))
  nextFrame()
  expect(data(log().entries)).toEqual(['new'])
  expect(log().dropped).toBe(0)
})

test('an inline filter may change at any time, and what it leaves keeps its identity', () => {
  const even = (entry: LogEntry) => entry.kind === 'message' && Number(entry.message.data) % 2 === 0
  const { client, log, rerender } = start({ topics: 'numbers', filter: even })
  act(() => void client.burst('numbers', 5))
  nextFrame()
  expect(data(log().entries)).toEqual([2, 4])
  const before = log()
  rerender({ topics: 'numbers', filter: (entry) => even(entry) })
  expect(log()).toBe(before)
  rerender({ topics: 'numbers' })
  expect(data(log().entries)).toEqual([1, 2, 3, 4, 5])
})

test('inline topics subscribe once, and nothing is left when it is gone', () => {
  const { client, rerender, unmount } = start({ topics: ['numbers'] })
  const { subscriptions } = client
  rerender({ topics: ['numbers'] })
  expect(client.subscriptions).toBe(subscriptions)
  unmount()
  expect(client.listeners).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})
