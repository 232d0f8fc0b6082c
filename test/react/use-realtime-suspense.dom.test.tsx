import { act, configure, render, screen } from '@testing-library/react'
import { Component, type ReactNode, startTransition, Suspense, useLayoutEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { keepStates } from '../../src/client/dehydrated.ts'
import { live } from '../../src/client/live.ts'
import { preload } from '../../src/client/preload.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { useRealtimeSuspense } from '../../src/react/use-realtime-suspense.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

const count = (topic: string) => live({ topic, initial: 0, reduce: (state: number) => state + 1 })

const Shows = ({ topic = 'numbers' }: { topic?: string }) => {
  const { data, status } = useRealtimeSuspense(count(topic))
  return <output>{`${topic} ${status} ${data}`}</output>
}

class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }
  static getDerivedStateFromError = (error: Error) => ({ error })
  override render() {
    const { error } = this.state
    return error ? <button onClick={() => this.setState({ error: null })}>{error.message}</button> : this.props.children
  }
}

const page = (client: FakeClient, children: ReactNode) => (
  <ClientContext.Provider value={client}>
    <Boundary>
      <Suspense fallback={<i>wait</i>}>{children}</Suspense>
    </Boundary>
  </ClientContext.Provider>
)

const text = () => document.body.textContent

/** Topics become live, and React hears of it. */
const goLive = (client: FakeClient, ...topics: string[]) =>
  act(async () => {
    for (const topic of topics) client.setStatus(topic, 'live')
    await vi.advanceTimersByTimeAsync(1)
  })

test('waits until the state is complete, subscribes once, and lets go when it is gone', async () => {
  const client = createFakeClient('joining')
  const { unmount } = render(page(client, <Shows />))
  expect(text()).toBe('wait')
  client.burst('numbers', 3)
  expect(text()).toBe('wait')
  await goLive(client, 'numbers')
  expect(text()).toBe('numbers live 3')
  expect(client.subscriptions).toBe(1)
  unmount()
  vi.advanceTimersByTime(10_000)
  expect(client.listeners).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('never waits again: data stays while the connection is away', async () => {
  const client = createFakeClient('joining')
  render(page(client, <Shows />))
  await goLive(client, 'numbers')
  act(() => client.setStatus('numbers', 'stale'))
  expect(text()).toBe('numbers stale 0')
  act(() => client.setStatus('numbers', 'joining'))
  expect(text()).toBe('numbers stale 0')
})

test('another topic in a transition keeps the old one on the page until it is there', async () => {
  const client = createFakeClient('joining')
  let open = (_topic: string) => {}
  function Switch() {
    const [topic, setTopic] = useState('a')
    useLayoutEffect(() => {
      open = (next) => startTransition(() => setTopic(next))
    }, [])
    return <Shows topic={topic} />
  }
  render(page(client, <Switch />))
  await goLive(client, 'a')
  expect(text()).toBe('a live 0')
  act(() => open('b'))
  act(() => void client.emit('a', 'tick'))
  act(() => void vi.advanceTimersToNextFrame())
  expect(text()).toBe('a live 1')
  await goLive(client, 'b')
  expect(text()).toBe('b live 0')
})

test('what was preloaded is there at once, and states that are preloaded together need one wait', async () => {
  const client = createFakeClient('joining')
  void preload(client, count('a'))
  const both = preload(client, count('b'))
  expect(client.subscriptions).toBe(2)
  await goLive(client, 'a', 'b')
  await both
  render(page(client, [<Shows key="a" topic="a" />, <Shows key="b" topic="b" />]))
  expect(text()).toBe('a live 0b live 0')
  expect(client.subscriptions).toBe(2)
})

test('a final error goes to the error boundary, which may try again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  // React 18 tells the window too, where jsdom would print it.
  const quiet = (event: ErrorEvent) => event.preventDefault()
  addEventListener('error', quiet)
  onTestFinished(() => removeEventListener('error', quiet))
  const client = createFakeClient('joining')
  const error = new EverwireError('forbidden', 'not for you')
  render(page(client, <Shows />))
  await act(async () => {
    client.setConnection({ status: 'failed', transport: null, error, trail: [] })
    await vi.advanceTimersByTimeAsync(1)
  })
  expect(text()).toBe('not for you')
  await act(async () => {
    client.setConnection(OPEN)
    await vi.advanceTimersByTimeAsync(1)
  })
  await act(async () => screen.getByRole('button').click())
  expect(text()).toBe('wait')
  await goLive(client, 'numbers')
  expect(text()).toBe('numbers live 0')
})

test('a definition that keeps nothing is kept until it was shown', async () => {
  const client = createFakeClient('joining')
  const fleeting = live({ topic: 'numbers', initial: 0, reduce: (n: number) => n + 1, keepAliveMs: 0, gcMs: 0 })
  const Fleeting = () => <output>{useRealtimeSuspense(fleeting).data}</output>
  render(page(client, <Fleeting />))
  client.burst('numbers', 2)
  await goLive(client, 'numbers')
  expect(text()).toBe('2')
  expect(client.subscriptions).toBe(1)
})

test('a page that was rendered with a state is hydrated with it, without a fallback or a complaint', async () => {
  const open = () => {
    const client = createFakeClient('joining')
    keepStates(client, { [count('numbers').key]: { data: 3, id: 'epoch.3-tag' } })
    return client
  }
  const container = document.body.appendChild(document.createElement('div'))
  onTestFinished(() => container.remove())
  container.innerHTML = renderToString(page(open(), <Shows />))
  expect(text()).toBe('numbers idle 3')
  const complaints: unknown[] = []
  const log = vi.spyOn(console, 'error').mockImplementation((...args) => complaints.push(args))
  onTestFinished(() => log.mockRestore())
  const client = open()
  const root = await act(async () =>
    hydrateRoot(container, page(client, <Shows />), { onRecoverableError: (error) => complaints.push(error) }),
  )
  await goLive(client, 'numbers')
  expect(text()).toBe('numbers live 3')
  expect(complaints).toEqual([])
  act(() => root.unmount())
})
