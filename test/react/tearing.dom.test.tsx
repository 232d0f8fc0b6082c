import { configure, render } from '@testing-library/react'
import { type ComponentType, memo, startTransition, useDeferredValue, useLayoutEffect, useState } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useConnection } from '../../src/react/use-connection.ts'
import { usePresenceList } from '../../src/react/use-presence-list.ts'
import { usePresenceMember } from '../../src/react/use-presence-member.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

configure({ reactStrictMode: true })

const TOPIC = 'numbers'
const LEAVES = 50
const TICKS = 10
const count = live({ topic: TOPIC, initial: 0, reduce: (state: number) => state + 1 })

/** Renders when and as an application would: in slices, between which anything may happen. */
function renderFreely(): void {
  const global = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }
  global.IS_REACT_ACT_ENVIRONMENT = false
  onTestFinished(() => {
    global.IS_REACT_ACT_ENVIRONMENT = true
  })
}

function beBusy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Whatever the hook gives, and what makes it another one, `TICKS` times. */
interface Kind {
  readonly useValue: () => unknown
  readonly tick: (client: FakeClient, n: number) => void
}

let version = 0
function tellPresence(client: FakeClient, n: number): void {
  const i = `v${++version}`
  const join = Array.from({ length: n }, (_, index) => ({ user: `user-${index}`, info: n, conns: 1 }))
  client.tellPresence(TOPIC, { ok: 1, i, n, you: 'ann' })
  client.tellPresence(TOPIC, { all: 1, i, join, n })
}
const tick = (client: FakeClient) => void client.emit(TOPIC, 'tick')

/** With what each gives in the end. */
const KINDS: Readonly<Record<string, Kind & { readonly last: unknown }>> = {
  'the data of a topic': { useValue: () => useRealtime(count, { flush: 'sync' }).data, tick, last: TICKS },
  'data shown once a frame': { useValue: () => useRealtime(count).data, tick, last: TICKS },
  'a selection of data': {
    useValue: () => useRealtime(count, { select: (n) => -n, flush: 'sync' }).data,
    tick,
    last: -TICKS,
  },
  'the status of a topic': {
    useValue: () => useRealtime(count).status,
    tick: (client, n) => client.setStatus(TOPIC, n % 2 ? 'stale' : 'live'),
    last: 'live',
  },
  'the connection': {
    useValue: () => useConnection((connection) => 'latency' in connection && connection.latency),
    tick: (client, latency) => client.setConnection({ ...OPEN, latency }),
    last: TICKS,
  },
  'who is there': {
    useValue: () => usePresenceList(TOPIC, { flush: 'sync', select: (presence) => presence.count }),
    tick: tellPresence,
    last: TICKS,
  },
  'one of those who are there': {
    useValue: () => usePresenceMember<number>(TOPIC, 'user-0', { flush: 'sync' })?.info,
    tick: tellPresence,
    last: TICKS,
  },
}

/**
 * Mounts many slow leaves in a transition while the client ticks.
 * @returns for each commit what the leaves showed in it
 */
async function mountLeaves({ useValue, tick }: Kind): Promise<Set<unknown>[]> {
  renderFreely()
  const client = createFakeClient()
  const commits: Set<unknown>[] = []
  let shown: unknown[] = []
  let between = 0
  function Leaf() {
    const value = useValue()
    beBusy(1)
    useLayoutEffect(() => void shown.push(value))
    return null
  }
  let mount = () => {}
  function Tree() {
    const [leaves, setLeaves] = useState(0)
    // Keeps the store alive from the beginning.
    useValue()
    useLayoutEffect(() => {
      mount = () => startTransition(() => setLeaves(LEAVES))
      if (leaves) commits.push(new Set(shown))
      shown = []
    })
    return Array.from({ length: leaves }, (_, index) => <Leaf key={index} />)
  }
  render(
    <RealtimeProvider client={client}>
      <Tree />
    </RealtimeProvider>,
  )
  mount()
  // Between the slices of the transition, not after it.
  for (let n = 1; n <= TICKS; n++) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    if (!commits.length) between++
    tick(client, n)
  }
  await vi.waitFor(() => expect(commits).not.toHaveLength(0))
  expect(between).toBeGreaterThan(0)
  return commits
}

test.each(Object.entries(KINDS))('fifty leaves that mount in a transition never disagree about %s', async (_, kind) => {
  const commits = await mountLeaves(kind)
  await vi.waitFor(() => expect([...commits.at(-1)!]).toEqual([kind.last]))
  for (const values of commits) expect(values.size).toBe(1)
})

test('leaves that read what changes under React do disagree, so this can be seen', async () => {
  let value = 0
  const commits = await mountLeaves({
    useValue: () => value,
    tick(_, n) {
      value = n
    },
  })
  expect(Math.max(...commits.map(({ size }) => size))).toBeGreaterThan(1)
})

/** Mounts many slow leaves in a transition beside a store that ticks until they are there. */
async function mountBeside(Ticker: ComponentType, Leaf: ComponentType): Promise<{ ticks: number }> {
  renderFreely()
  const client = createFakeClient()
  let isMounted = false
  let mount = () => {}
  function Tree() {
    const [leaves, setLeaves] = useState(0)
    useLayoutEffect(() => {
      mount = () => startTransition(() => setLeaves(LEAVES))
      isMounted = leaves > 0
    })
    return Array.from({ length: leaves }, (_, index) => <Leaf key={index} />)
  }
  render(
    <RealtimeProvider client={client}>
      <Ticker />
      <Tree />
    </RealtimeProvider>,
  )
  mount()
  let ticks = 0
  while (!isMounted) {
    await new Promise((resolve) => setTimeout(resolve, 4))
    tick(client)
    ticks++
  }
  return { ticks }
}

test('a store that ticks does not restart a transition whose leaves, or whose neighbours, select what stays', async () => {
  let renders = 0
  function Leaf() {
    renders++
    beBusy(0.5)
    return <i>{useRealtime(count, { flush: 'sync', select: (n) => n >= 0 }).data}</i>
  }
  const Ticker = () => <b>{useRealtime(count, { flush: 'sync', select: (n) => n < 0 }).data}</b>
  const { ticks } = await mountBeside(Ticker, Leaf)
  expect(ticks).toBeGreaterThan(0)
  // StrictMode renders twice.
  expect(renders).toBe(2 * LEAVES)
})

test('a transition has time to finish beside a neighbour that shows what ticks at a pace', async () => {
  let renders = 0
  function Leaf() {
    renders++
    beBusy(0.5)
    return null
  }
  const Ticker = () => <b>{useRealtime(count, { flush: 250 }).data}</b>
  const { ticks } = await mountBeside(Ticker, Leaf)
  expect(ticks).toBeGreaterThan(0)
  // Begun anew for the first tick, which is shown at once, and perhaps for another one.
  expect(renders).toBeLessThanOrEqual(3 * 2 * LEAVES)
})

test('a list that takes its time is deferred, and what is typed meanwhile is shown without it', async () => {
  renderFreely()
  const client = createFakeClient()
  let rows = 0
  const Row = ({ id }: { id: string }) => {
    rows++
    beBusy(0.2)
    return <i>{id}</i>
  }
  const SlowList = memo(({ messages }: { messages: readonly { readonly id: string }[] }) =>
    messages.map(({ id }) => <Row key={id} id={id} />),
  )
  const commits: { readonly typed: string; readonly known: number; readonly listed: number; readonly rows: number }[] =
    []
  const letters = 'everwire'.split('')
  function Page() {
    const { data } = useRealtime(TOPIC, { last: 200 })
    const deferred = useDeferredValue(data)
    const [typed, setTyped] = useState('')
    useLayoutEffect(() => void commits.push({ typed, known: data.length, listed: deferred.length, rows }))
    return (
      <>
        <button onClick={() => setTyped((text) => text + letters[text.length])}>Type</button>
        <output>{typed}</output>
        <SlowList messages={deferred} />
      </>
    )
  }
  const { container } = render(
    <RealtimeProvider client={client}>
      <Page />
    </RealtimeProvider>,
  )
  const button = container.querySelector('button')!
  for (const [index] of letters.entries()) {
    client.burst(TOPIC, 25)
    await vi.waitFor(() => expect(commits.at(-1)!.known).toBe((index + 1) * 25), { interval: 1 })
    const [rowsBefore, commitsBefore] = [rows, commits.length]
    // As React hears of a key or a click: at once, before anything that may wait.
    button.click()
    await Promise.resolve()
    expect(commits.length - commitsBefore).toBe(1)
    expect(commits.at(-1)).toMatchObject({ typed: letters.slice(0, index + 1).join(''), rows: rowsBefore })
    // The list was still on its way.
    expect(commits.at(-1)!.listed).toBeLessThan(commits.at(-1)!.known)
  }
  await vi.waitFor(() => expect(container.querySelectorAll('i')).toHaveLength(200), { timeout: 5000 })
})
