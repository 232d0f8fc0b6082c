import { act, configure, render, screen } from '@testing-library/react'
import { Activity, type ReactNode, useLayoutEffect } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { ClientContext, useRealtimeClient } from '../../src/react/client-context.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { type RealtimeEventOptions, useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

const nextFrame = () => act(() => void vi.advanceTimersToNextFrame())
const count = live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1 })

test('a hidden tree renders nothing, is reduced on, and shows the newest at once when it returns', () => {
  const client = createFakeClient()
  let renders = 0
  const firstLayout: number[] = []
  function Shows() {
    renders++
    const { data: n } = useRealtime(count)
    useLayoutEffect(() => void firstLayout.push(n), [n])
    return null
  }
  const tree = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <Shows />
    </Activity>
  )
  const { rerender } = render(tree('visible'), { wrapper: provide(client) })
  rerender(tree('hidden'))
  const before = renders
  act(() => void client.burst('numbers', 5))
  nextFrame()
  expect(renders).toBe(before)
  firstLayout.length = 0
  rerender(tree('visible'))
  expect(firstLayout[0]).toBe(5)
  expect(client.subscriptions).toBe(1)
})

test('a tree that returns without being rendered shows what came meanwhile', () => {
  const client = createFakeClient()
  const Shows = () => <output>{useRealtime(count).data}</output>
  const shows = <Shows />
  const { rerender } = render(<Activity mode="visible">{shows}</Activity>, { wrapper: provide(client) })
  rerender(<Activity mode="hidden">{shows}</Activity>)
  client.burst('numbers', 5)
  rerender(<Activity mode="visible">{shows}</Activity>)
  expect(screen.getByRole('status')).toHaveTextContent('5')
})

test('a tree that is rendered hidden opens nothing', () => {
  const client = createFakeClient()
  const Shows = () => <i>{useRealtime(count).data}</i>
  render(
    <Activity mode="hidden">
      <Shows />
    </Activity>,
    { wrapper: provide(client) },
  )
  expect(client.subscriptions).toBe(0)
})

function hide(client: FakeClient, options: RealtimeEventOptions) {
  const heard: unknown[] = []
  function Hears() {
    useRealtimeEvent('numbers', '*', ({ data }) => void heard.push(data), options)
    return null
  }
  const tree = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <Hears />
    </Activity>
  )
  const { rerender } = render(tree('visible'), { wrapper: provide(client) })
  client.emit('numbers', 'tick', 'before')
  rerender(tree('hidden'))
  client.emit('numbers', 'tick', 'meanwhile')
  client.emit('numbers', 'tick', 'too')
  rerender(tree('visible'))
  client.emit('numbers', 'tick', 'after')
  return heard
}

test('after a time in a hidden tree hears exactly what it missed', () => {
  const client = createFakeClient()
  client.emit('numbers', 'tick', 'long ago')
  expect(hide(client, { replay: 'missed' })).toEqual(['before', 'meanwhile', 'too', 'after'])
})

test('after a time in a hidden tree hears nothing old by default', () => {
  expect(hide(createFakeClient(), {})).toEqual(['before', 'after'])
})

test('a hidden provider opens its client again when it returns', () => {
  const clients = new Set<RealtimeClient>()
  function Uses() {
    const client = useRealtimeClient()
    useLayoutEffect(() => void clients.add(client), [client])
    return null
  }
  const tree = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <RealtimeProvider url="http://127.0.0.1/realtime" transports={[]}>
        <Uses />
      </RealtimeProvider>
    </Activity>
  )
  const { rerender } = render(tree('visible'))
  const [client] = clients
  const disconnect = vi.spyOn(client!, 'disconnect')
  const connect = vi.spyOn(client!, 'connect')
  rerender(tree('hidden'))
  vi.advanceTimersByTime(4999)
  expect(disconnect).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(disconnect).toHaveBeenCalledOnce()
  expect(connect).not.toHaveBeenCalled()
  rerender(tree('visible'))
  expect(clients.size).toBe(1)
  expect(connect).toHaveBeenCalledOnce()
})
