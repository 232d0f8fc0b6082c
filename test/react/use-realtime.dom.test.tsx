import { act, configure, render, renderHook, screen } from '@testing-library/react'
import { type ReactNode, startTransition, useLayoutEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepStates } from '../../src/client/dehydrated.ts'
import { latest, live } from '../../src/client/live.ts'
import type { Message } from '../../src/client/message.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { skip } from '../../src/react/skip.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

// Around everything: a StrictMode further down does not run the effects of a first mount twice.
configure({ reactStrictMode: true })

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

const data = (messages: readonly Message[]) => messages.map((message) => message.data)
const nextFrame = () => act(() => void vi.advanceTimersToNextFrame())
const count = live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1 })

test('a burst of 1000 messages in one task is reduced 1000 times and rendered at most twice', () => {
  const client = createFakeClient()
  let reduced = 0
  const numbers = live({
    topic: 'numbers',
    initial: [] as readonly unknown[],
    reduce: (state, message) => {
      reduced++
      return [...state, message.data]
    },
  })
  const commits: number[] = []
  function Numbers() {
    const { data: all } = useRealtime(numbers)
    useLayoutEffect(() => void commits.push(all.length), [all])
    return <output>{all.length}</output>
  }
  render(<Numbers />, { wrapper: provide(client) })
  const before = commits.length
  act(() => void client.burst('numbers', 1000))
  nextFrame()
  expect(screen.getByRole('status')).toHaveTextContent('1000')
  expect(reduced).toBe(1000)
  expect(commits.length - before).toBeLessThanOrEqual(2)
})

test('keeps the last messages of a topic that is given by its name', () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useRealtime<number>('numbers', { last: 3 }), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 5))
  nextFrame()
  expect(data(result.current.data)).toEqual([3, 4, 5])
})

test('a component that mounts late gets the history', () => {
  const client = createFakeClient()
  client.burst('numbers', 5)
  const { result } = renderHook(() => useRealtime<number>('numbers', { last: 3 }), { wrapper: provide(client) })
  nextFrame()
  expect(data(result.current.data)).toEqual([3, 4, 5])
})

test('StrictMode and a second component subscribe once', () => {
  const client = createFakeClient()
  const Wrapper = provide(client)
  const One = () => <i>{useRealtime(count).data}</i>
  render(
    <Wrapper>
      <One />
      <One />
    </Wrapper>,
  )
  expect(client.subscriptions).toBe(1)
})

test('a swap of components in one commit keeps the subscription, and nothing is left after the linger', () => {
  const client = createFakeClient()
  const One = () => <i>{useRealtime(count).data}</i>
  const { rerender, unmount } = render(<One key="a" />, { wrapper: provide(client) })
  rerender(<One key="b" />)
  expect(client.subscriptions).toBe(1)
  unmount()
  expect(client.listeners).toBeGreaterThan(0)
  vi.advanceTimersByTime(5000)
  expect(client.listeners).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('100 mounts and unmounts leave no listener and no timer', () => {
  const client = createFakeClient()
  for (let round = 0; round < 100; round++) {
    const { unmount } = renderHook(() => useRealtime<number>('numbers'), { wrapper: provide(client) })
    act(() => void client.emit('numbers', 'tick', round))
    unmount()
  }
  vi.advanceTimersByTime(5000)
  expect(client.listeners).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
  expect(client.subscriptions).toBe(1)
})

test('comes back after the linger without counting anything twice', () => {
  const client = createFakeClient()
  const first = renderHook(() => useRealtime(count), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 3))
  first.unmount()
  vi.advanceTimersByTime(5000)
  client.burst('numbers', 2)
  const { result } = renderHook(() => useRealtime(count), { wrapper: provide(client) })
  nextFrame()
  expect(result.current).toMatchObject({ data: 5, status: 'live' })
})

test('forgets the state five minutes later', () => {
  const client = createFakeClient()
  const only = live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1, replay: 0 })
  const first = renderHook(() => useRealtime(only), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 3))
  first.unmount()
  vi.advanceTimersByTime(5000 + 300_000)
  const { result } = renderHook(() => useRealtime(only), { wrapper: provide(client) })
  expect(result.current.data).toBe(0)
})

test('a reset starts from the initial state, without showing it while the history follows', () => {
  const client = createFakeClient()
  const seen: (readonly unknown[])[] = []
  renderHook(
    () => {
      const result = useRealtime<number>('numbers')
      useLayoutEffect(() => void seen.push(data(result.data)), [result.data])
      return result
    },
    { wrapper: provide(client) },
  )
  act(() => void client.burst('numbers', 3))
  nextFrame()
  seen.length = 0
  act(() => client.reset('numbers', [8, 9]))
  nextFrame()
  nextFrame()
  expect(seen).toEqual([[8, 9]])
})

test('a reducer that throws is reported and the stream goes on', () => {
  const client = createFakeClient()
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  const picky = live({
    topic: 'numbers',
    initial: 0,
    reduce: (state: number, { data: n }: Message<number>) => {
      if (n === 2) throw new Error('not two')
      return state + n
    },
  })
  const { result } = renderHook(() => useRealtime(picky), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 3))
  nextFrame()
  expect(result.current.data).toBe(4)
  expect(report).toHaveBeenCalledOnce()
  vi.unstubAllGlobals()
})

test('a status is shown at once and together with the messages before it', () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useRealtime<number>('numbers', { flush: 10_000 }), { wrapper: provide(client) })
  act(() => {
    client.burst('numbers', 3)
    client.setStatus('numbers', 'ended')
  })
  expect(result.current.status).toBe('ended')
  expect(data(result.current.data)).toEqual([1, 2, 3])
})

test('keeps the data while the connection is away, and says that it is stale', () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useRealtime(count), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 3))
  act(() => client.setStatus('numbers', 'stale'))
  expect(result.current).toMatchObject({ data: 3, status: 'stale', error: null })
})

test('a failed connection is an error, and an exception only where asked for', () => {
  const client = createFakeClient()
  const error = new EverwireError('forbidden', 'no')
  const { result } = renderHook(() => useRealtime(count), { wrapper: provide(client) })
  act(() => client.setConnection({ status: 'failed', transport: null, error, trail: [] }))
  expect(result.current).toMatchObject({ status: 'error', error })
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => renderHook(() => useRealtime(count, { throwOnError: true }), { wrapper: provide(client) })).toThrow(
    error,
  )
  log.mockRestore()
})

test('select renders only when what it returns changes, also inline', () => {
  const client = createFakeClient()
  let renders = 0
  const { result } = renderHook(
    () => {
      renders++
      return useRealtime<number, boolean>('numbers', { select: (messages) => messages.length > 0 })
    },
    { wrapper: provide(client) },
  )
  act(() => void client.burst('numbers', 1))
  expect(result.current.data).toBe(true)
  const before = renders
  act(() => void client.burst('numbers', 100))
  nextFrame()
  expect(renders).toBe(before)
})

test('inline definitions and options subscribe once and the results keep their identity', () => {
  const client = createFakeClient()
  const { result, rerender } = renderHook(
    () =>
      useRealtime(live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1 }), {
        select: (n) => ({ n }),
        isEqual: (a, b) => a.n === b.n,
      }),
    { wrapper: provide(client) },
  )
  act(() => void client.burst('numbers', 1))
  const before = result.current
  rerender()
  rerender()
  expect(result.current).toBe(before)
  expect(Object.isFrozen(before)).toBe(true)
  expect(client.subscriptions).toBe(1)
})

test('an edited definition takes over without a new subscription', () => {
  const client = createFakeClient()
  const define = (step: number) => live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + step })
  const { result, rerender } = renderHook(({ definition }) => useRealtime(definition), {
    wrapper: provide(client),
    initialProps: { definition: define(1) },
  })
  act(() => void client.burst('numbers', 1))
  rerender({ definition: define(10) })
  act(() => void client.burst('numbers', 1))
  nextFrame()
  expect(result.current.data).toBe(11)
  expect(client.subscriptions).toBe(1)
})

test('two definitions under one name are told apart in a warning, once', () => {
  const client = createFakeClient()
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const a = live({ topic: 'clash', initial: 0, reduce: (state: number) => state + 1 })
  const b = live({ topic: 'clash', initial: 0, reduce: (state: number) => state - 1 })
  const { rerender } = renderHook(({ definition }) => useRealtime(definition), {
    wrapper: provide(client),
    initialProps: { definition: a },
  })
  for (const definition of [b, a, b, a]) rerender({ definition })
  expect(warn).toHaveBeenCalledOnce()
  expect(warn.mock.lastCall?.[0]).toContain('give each its own name')
  warn.mockRestore()
})

test('a change of topic shows the other topic and hears the first one no more', () => {
  const client = createFakeClient()
  const { result, rerender } = renderHook(({ topic }) => useRealtime(latest<number>(topic)), {
    wrapper: provide(client),
    initialProps: { topic: 'a' },
  })
  act(() => void client.emit('a', 'tick', 1))
  rerender({ topic: 'b' })
  expect(result.current.data).toBeUndefined()
  act(() => void client.emit('a', 'tick', 2))
  nextFrame()
  expect(result.current.data).toBeUndefined()
})

test('skip opens nothing and has data nevertheless', () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useRealtime(skip), { wrapper: provide(client) })
  expect(result.current).toMatchObject({ data: [], status: 'idle' })
  expect(client.subscriptions).toBe(0)
})

test('send and reconnect keep their identity and reach the client', async () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useRealtime<number>('numbers'), { wrapper: provide(client) })
  const { send, reconnect } = result.current
  act(() => void client.burst('numbers', 1))
  expect(result.current.send).toBe(send)
  await send('message', 1)
  reconnect()
  expect(client.calls).toEqual(['send numbers message', 'reconnect'])
})

test('a message that comes between render and subscription is not lost', () => {
  const client = createFakeClient()
  const Wrapper = provide(client)
  function Emits() {
    useLayoutEffect(() => void client.emit('numbers', 'tick', 1), [])
    return null
  }
  const Shows = () => <output>{useRealtime(count).data}</output>
  render(
    <Wrapper>
      <Shows />
      <Emits />
    </Wrapper>,
  )
  nextFrame()
  // StrictMode runs the effect twice.
  expect(screen.getByRole('status')).toHaveTextContent('2')
})

test('fifty leaves that mount in a transition while the store ticks never disagree', async () => {
  vi.useRealTimers()
  const client = createFakeClient()
  const Wrapper = provide(client)
  const commits: Set<number>[] = []
  let shown: number[] = []
  function Leaf() {
    const { data: n } = useRealtime(count)
    const until = performance.now() + 1
    while (performance.now() < until);
    useLayoutEffect(() => void shown.push(n))
    return null
  }
  let mount = () => {}
  function Tree() {
    const [leaves, setLeaves] = useState(0)
    mount = () => startTransition(() => setLeaves(50))
    useRealtime(count)
    useLayoutEffect(() => {
      if (leaves) commits.push(new Set(shown))
      shown = []
    })
    return Array.from({ length: leaves }, (_, index) => <Leaf key={index} />)
  }
  render(
    <Wrapper>
      <Tree />
    </Wrapper>,
  )
  mount()
  // A store that ticks for ever would start the transition anew for ever.
  let ticks = 0
  const ticking = setInterval(() => {
    client.emit('numbers', 'tick')
    if (++ticks === 10) clearInterval(ticking)
  }, 4)
  await vi.waitFor(() => expect(commits.length).toBeGreaterThan(0))
  await vi.waitFor(() => expect([...commits.at(-1)!]).toEqual([10]))
  for (const values of commits) expect(values.size).toBeLessThanOrEqual(1)
})

test('hydrates without a complaint while the client is open, then shows what is new', async () => {
  const server = createFakeClient()
  const client = createFakeClient()
  client.setConnection(OPEN)
  const Shows = () => {
    const { data: n, status } = useRealtime(count)
    return <output>{`${status} ${n}`}</output>
  }
  const tree = (of: FakeClient) => (
    <ClientContext.Provider value={of}>
      <Shows />
    </ClientContext.Provider>
  )
  // Somebody else on the page has the topic already.
  renderHook(() => useRealtime(count), { wrapper: provide(client) })
  act(() => void client.burst('numbers', 3))
  nextFrame()
  const html = renderToString(tree(server))
  expect(html).toContain('idle 0')
  expect(server.listeners).toBe(0)
  const container = document.body.appendChild(document.createElement('div'))
  container.innerHTML = html
  const complaints: unknown[] = []
  const log = vi.spyOn(console, 'error').mockImplementation((...args) => void complaints.push(args))
  const root = await act(async () =>
    hydrateRoot(container, tree(client), { onRecoverableError: (error) => complaints.push(error) }),
  )
  expect(container).toHaveTextContent('live 3')
  expect(complaints).toEqual([])
  act(() => root.unmount())
  log.mockRestore()
  container.remove()
})

test('a page that was rendered with a state is hydrated with it, and goes on after its last message', async () => {
  const sums = live<number, number>({
    topic: 'numbers',
    name: 'sum',
    initial: 0,
    reduce: (sum, { data }) => sum + data,
  })
  function Sum() {
    const { data: sum, status } = useRealtime(sums)
    return <output>{`${sum} ${status}`}</output>
  }
  const open = () => {
    const client = createFakeClient()
    client.emit('numbers', 'n', 1)
    const { id } = client.emit('numbers', 'n', 2)
    keepStates(client, { [sums.key]: { data: 3, id } })
    return client
  }
  const Provide = provide(open())
  const container = document.createElement('div')
  container.innerHTML = renderToString(
    <Provide>
      <Sum />
    </Provide>,
  )
  expect(container.textContent).toBe('3 idle')
  const client = open()
  client.emit('numbers', 'n', 4)
  const Hydrate = provide(client)
  const errors: unknown[] = []
  const error = vi.spyOn(console, 'error').mockImplementation((...args) => errors.push(args))
  const root = await act(async () =>
    hydrateRoot(
      container,
      <Hydrate>
        <Sum />
      </Hydrate>,
      { onRecoverableError: (cause) => errors.push(cause) },
    ),
  )
  nextFrame()
  expect(container.textContent).toBe('7 live')
  expect(errors).toEqual([])
  act(() => root.unmount())
  error.mockRestore()
})
