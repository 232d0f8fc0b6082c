import { configure, render } from '@testing-library/react'
import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ClientOptions } from '../../src/create-client.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'

configure({ reactStrictMode: true })

const made: { options: ClientOptions; client: FakeClient }[] = []
vi.mock('../../src/create-client.ts', () => ({
  createClient(options: ClientOptions) {
    const client = createFakeClient()
    made.push({ options, client })
    return client
  },
}))

beforeEach(() => {
  made.length = 0
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

const Shows = () => <output>{useRealtime('numbers').data.length}</output>

/** Of the clients that were made, those that anybody used. */
const used = () => made.filter(({ client }) => client.subscriptions > 0)

test('makes a client of a URL, and one only is used in StrictMode', () => {
  render(
    <RealtimeProvider url="/realtime">
      <Shows />
    </RealtimeProvider>,
  )
  expect(used().map(({ options }) => options.url)).toEqual(['/realtime'])
  for (const { client } of made) expect(client.calls).toEqual([])
})

test('closes its own client a while after it is gone', () => {
  const { unmount } = render(
    <RealtimeProvider url="/realtime">
      <Shows />
    </RealtimeProvider>,
  )
  unmount()
  vi.advanceTimersByTime(4999)
  expect(used()[0]!.client.calls).toEqual([])
  vi.advanceTimersByTime(1)
  expect(used()[0]!.client.calls).toEqual(['disconnect'])
  expect(used()[0]!.client.listeners).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('a new URL makes a new client, a new render with inline options does not', () => {
  const tree = (url: string) => (
    <RealtimeProvider url={url} onError={() => {}}>
      <Shows />
    </RealtimeProvider>
  )
  const { rerender } = render(tree('/a'))
  const { length } = made
  rerender(tree('/a'))
  expect(made).toHaveLength(length)
  rerender(tree('/b'))
  expect(used().map(({ options }) => options.url)).toEqual(['/a', '/b'])
})

test('a client that is given is not closed, and a change of it moves the subscriptions', () => {
  const a = createFakeClient()
  const b = createFakeClient()
  const tree = (client: FakeClient) => (
    <RealtimeProvider client={client}>
      <Shows />
    </RealtimeProvider>
  )
  const { rerender, unmount } = render(tree(a))
  rerender(tree(b))
  expect(b.subscriptions).toBe(1)
  unmount()
  vi.advanceTimersByTime(5000)
  expect([a.listeners, b.listeners]).toEqual([0, 0])
  expect([...a.calls, ...b.calls]).toEqual([])
  expect(made).toEqual([])
})

test('a server renders without opening anything', () => {
  const html = renderToString(
    <StrictMode>
      <RealtimeProvider url="/realtime">
        <Shows />
      </RealtimeProvider>
    </StrictMode>,
  )
  expect(html).toContain('0')
  expect(used()).toEqual([])
})
