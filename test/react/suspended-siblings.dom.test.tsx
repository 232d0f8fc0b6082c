import { act, configure, render } from '@testing-library/react'
import { Suspense, useLayoutEffect, useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// StrictMode would run the effects of what is shown again twice.
configure({ reactStrictMode: false })

const count = live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1 })

test('a sibling that suspends again hides the others, and takes neither their subscription nor a message', async () => {
  const client = createFakeClient()
  const heard: unknown[] = []
  let wait: Promise<void> | undefined
  let finish = () => {}
  let suspendAgain = () => {}
  function Shows() {
    const { data, status } = useRealtime(count)
    useRealtimeEvent('numbers', '*', (message) => heard.push(message.data))
    return <output>{`${status} ${data}`}</output>
  }
  function Sibling() {
    const [, setRound] = useState(0)
    useLayoutEffect(() => {
      suspendAgain = () => {
        wait = new Promise((resolve) => {
          finish = resolve
        })
        setRound((round) => round + 1)
      }
    })
    // React's own way of waiting, in all versions of it.
    // eslint-disable-next-line typescript/only-throw-error
    if (wait) throw wait
    return null
  }
  const { container } = render(
    <RealtimeProvider client={client}>
      <Suspense fallback={<b>wait</b>}>
        <Shows />
        <Sibling />
      </Suspense>
    </RealtimeProvider>,
  )
  act(() => void client.burst('numbers', 2))
  act(() => void vi.advanceTimersToNextFrame())
  const { subscriptions, listeners } = client
  act(() => suspendAgain())
  expect(container.querySelector('b')).not.toBeNull()
  expect(container.querySelector('output')).not.toBeVisible()
  act(() => void client.burst('numbers', 3))
  await act(() => vi.advanceTimersByTimeAsync(60_000))
  expect(heard).toEqual([1, 2, 1, 2, 3])
  expect(client).toMatchObject({ subscriptions, listeners })
  wait = undefined
  await act(async () => finish())
  await act(() => vi.advanceTimersByTimeAsync(1000))
  expect(container.querySelector('b')).toBeNull()
  expect(container.querySelector('output')).toBeVisible()
  expect(container.textContent).toBe('live 5')
  expect(client).toMatchObject({ subscriptions, listeners })
})
