import { act, configure, render } from '@testing-library/react'
import { Activity, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ClientContext } from '../../src/react/client-context.ts'
import { usePresence } from '../../src/react/use-presence.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const T = 'chat:lobby'

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

const afterMs = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const endOfTask = () => act(async () => {})

test('a hidden tree leaves some time later, and comes back when it is shown', async () => {
  const client = createFakeClient()
  const Wrapper = provide(client)
  const Room = () => <i>{usePresence(T).count}</i>
  const page = (mode: 'visible' | 'hidden') => (
    <Wrapper>
      <Activity mode={mode}>
        <Room />
      </Activity>
    </Wrapper>
  )
  const { rerender } = render(page('visible'))
  await endOfTask()
  rerender(page('hidden'))
  await afterMs(1_000)
  rerender(page('visible'))
  await afterMs(10_000)
  expect(client.wishes).toHaveLength(1)
  rerender(page('hidden'))
  await afterMs(5_000)
  expect(client.wishes.at(-1)).toEqual({ t: 'pres', c: T, on: false })
  rerender(page('visible'))
  await endOfTask()
  expect(client.wishes.at(-1)).toEqual({ t: 'pres', c: T, on: true, watch: true })
})
