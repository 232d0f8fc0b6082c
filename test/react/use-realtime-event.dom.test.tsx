import { act, configure, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import { ClientContext } from '../../src/react/client-context.ts'
import { skip } from '../../src/react/skip.ts'
import { type RealtimeEventOptions, useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

function hear(client: FakeClient, options?: RealtimeEventOptions) {
  const heard: unknown[] = []
  let renders = 0
  const { rerender, unmount } = renderHook(
    () => {
      renders++
      useRealtimeEvent<number>('numbers', '*', ({ data }) => void heard.push(data), options)
    },
    { wrapper: provide(client) },
  )
  return { heard, rerender, unmount, renders: () => renders }
}

test('hears 1000 messages in one task, once, in order, without a render', () => {
  const client = createFakeClient()
  const { heard, renders } = hear(client)
  const before = renders()
  let sent: number[] = []
  act(() => void (sent = client.burst('numbers', 1000)))
  expect(heard).toEqual(sent)
  expect(renders()).toBe(before)
})

test('hears only the type it asked for, and with skip or disabled nothing', () => {
  const client = createFakeClient()
  const heard: unknown[] = []
  const { rerender } = renderHook(
    ({ topic, enabled }: { topic: string | typeof skip; enabled: boolean }) =>
      useRealtimeEvent(topic, 'price', ({ data }) => void heard.push(data), { enabled }),
    { wrapper: provide(client), initialProps: { topic: 'numbers', enabled: true } as const },
  )
  client.emit('numbers', 'price', 1)
  client.emit('numbers', 'notice', 2)
  rerender({ topic: skip as never, enabled: true })
  client.emit('numbers', 'price', 3)
  rerender({ topic: 'numbers', enabled: false as never })
  client.emit('numbers', 'price', 4)
  expect(heard).toEqual([1])
  expect(client.listeners).toBe(0)
})

test('an inline handler sees the newest props without a new subscription', () => {
  const client = createFakeClient()
  const heard: string[] = []
  const { rerender } = renderHook(
    ({ name }) => useRealtimeEvent('numbers', '*', ({ data }) => void heard.push(`${name} ${String(data)}`)),
    { wrapper: provide(client), initialProps: { name: 'a' } },
  )
  const { subscriptions } = client
  client.emit('numbers', 'tick', 1)
  rerender({ name: 'b' })
  client.emit('numbers', 'tick', 2)
  expect(heard).toEqual(['a 1', 'b 2'])
  expect(client.subscriptions).toBe(subscriptions)
})

test('gets the last messages of the history once, although StrictMode subscribes twice', () => {
  const client = createFakeClient()
  client.burst('numbers', 5)
  const { heard } = hear(client, { replay: { last: 2 } })
  client.emit('numbers', 'tick', 6)
  expect(heard).toEqual([4, 5, 6])
})

test('100 mounts and unmounts leave no listener', () => {
  const client = createFakeClient()
  for (let round = 0; round < 100; round++) hear(client).unmount()
  expect(client.listeners).toBe(0)
})
