import { act, configure, renderHook } from '@testing-library/react'
import { type ReactNode, Suspense } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { skip } from '../../src/react/skip.ts'
import { useConnection } from '../../src/react/use-connection.ts'
import { useEventLog } from '../../src/react/use-event-log.ts'
import { useEventStream } from '../../src/react/use-event-stream.ts'
import { useLongPoll } from '../../src/react/use-long-poll.ts'
import { usePresence } from '../../src/react/use-presence.ts'
import { usePresenceList } from '../../src/react/use-presence-list.ts'
import { usePresenceMember } from '../../src/react/use-presence-member.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { useRealtimeAction } from '../../src/react/use-realtime-action.ts'
import { useRealtimeSuspense } from '../../src/react/use-realtime-suspense.ts'
import { useSend } from '../../src/react/use-send.ts'
import { useWebSocket } from '../../src/react/use-web-socket.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const TOPIC = 'numbers'

let version = 0
function tellPresence(client: FakeClient): void {
  const i = `v${++version}`
  client.tellPresence(TOPIC, { ok: 1, i, n: 1, you: 'ann' })
  client.tellPresence(TOPIC, { all: 1, i, join: [{ user: 'ann', info: version, conns: 1 }], n: 1 })
}

interface HookCase {
  /** With options as they are mostly written: inline. */
  readonly use: () => unknown
  /** Makes the result another one; absent where nothing can. */
  readonly change?: (client: FakeClient) => void
  /** How many it gives. */
  readonly functions?: number
}

const emit = (client: FakeClient) => void client.emit(TOPIC, 'tick', 1)

const HOOKS: Readonly<Record<string, HookCase>> = {
  useRealtime: { use: () => useRealtime(TOPIC, { last: 5, flush: 'sync' }), change: emit, functions: 2 },
  'useRealtime with a reducer and a selection': {
    use: () =>
      useRealtime(TOPIC, {
        initial: { sum: 0 },
        reduce: ({ sum }: { sum: number }) => ({ sum: sum + 1 }),
        select: ({ sum }: { sum: number }) => [sum],
        isEqual: (a, b) => a[0] === b[0],
      }),
    change: emit,
    functions: 2,
  },
  'useRealtime of nothing': { use: () => useRealtime(skip), functions: 2 },
  useRealtimeSuspense: {
    use: () => useRealtimeSuspense(TOPIC, { last: 6, flush: 'sync' }),
    change: emit,
    functions: 2,
  },
  useConnection: {
    use: () => useConnection(),
    change: (client) => client.setConnection(Object.freeze({ ...OPEN, latency: ++version })),
  },
  'useConnection with a selection': {
    use: () =>
      useConnection(
        ({ status }) => ({ status }),
        (a, b) => a.status === b.status,
      ),
  },
  useSend: { use: () => useSend(TOPIC, { timeoutMs: 1000 }), functions: 1 },
  useRealtimeAction: {
    use: () => useRealtimeAction(TOPIC, 'say', { toData: (text: string) => ({ text }) }),
    functions: 2,
  },
  useEventLog: {
    use: () => useEventLog({ topics: [TOPIC], filter: ({ kind }) => kind === 'message' }),
    change: emit,
    functions: 3,
  },
  usePresence: { use: () => usePresence(TOPIC, { mood: 'fine' }, { flush: 'sync' }), change: tellPresence },
  usePresenceList: { use: () => usePresenceList(TOPIC, { flush: 'sync' }), change: tellPresence },
  usePresenceMember: { use: () => usePresenceMember(TOPIC, 'ann', { flush: 'sync' }), change: tellPresence },
  useWebSocket: { use: () => useWebSocket(skip, { retry: { minMs: 10 } }), functions: 2 },
  useEventStream: { use: () => useEventStream(skip, { headers: { a: 'b' } }), functions: 1 },
  useLongPoll: { use: () => useLongPoll(skip, { headers: { a: 'b' } }), functions: 1 },
}

const pass = (ms = 100) => act(() => vi.advanceTimersByTimeAsync(ms))

async function show(use: () => unknown) {
  const client = createFakeClient()
  client.setConnection(Object.freeze({ ...OPEN }))
  const wrapper = ({ children }: { children: ReactNode }) => (
    <RealtimeProvider client={client}>
      <Suspense fallback="wait">{children}</Suspense>
    </RealtimeProvider>
  )
  const rendered = renderHook(use, { wrapper })
  await pass()
  return { client, ...rendered }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const partsOf = (result: unknown): unknown[] => (isObject(result) ? Object.values(result) : [])
const functionsOf = (result: unknown) =>
  [result, ...partsOf(result)].filter((part): part is (...args: unknown[]) => unknown => typeof part === 'function')

const hooks = Object.entries(HOOKS)
const changing = hooks.flatMap(([name, { use, change }]) => (change ? [[name, use, change] as const] : []))
const giving = hooks.flatMap(([name, { use, change = emit, functions = 0 }]) =>
  functions ? [[name, use, change, functions] as const] : [],
)

test.each(hooks)('%s gives the same result as long as nothing changes', async (_, { use }) => {
  const { result, rerender } = await show(use)
  const before = result.current
  for (let round = 0; round < 3; round++) rerender()
  await pass()
  expect(result.current).toBe(before)
})

test.each(changing)('%s never changes what it gave, and lets nobody change it', async (_, use, change) => {
  const { client, result } = await show(use)
  const seen = new Map<unknown, string>()
  for (let round = 0; round < 4; round++) {
    seen.set(result.current, JSON.stringify(result.current))
    act(() => change(client))
    await pass()
  }
  expect(seen.size).toBeGreaterThan(1)
  for (const [given, text] of seen) {
    expect(JSON.stringify(given)).toBe(text)
    expect(given).toSatisfy(Object.isFrozen)
    for (const list of partsOf(given).filter((part) => Array.isArray(part) && part.length > 0))
      expect(list).toSatisfy(Object.isFrozen)
  }
})

test.each(giving)('the functions of %s are the same ones for ever', async (_, use, change, functions) => {
  const { client, result, rerender } = await show(use)
  const before = functionsOf(result.current)
  expect(before).toHaveLength(functions)
  act(() => change(client))
  await pass()
  rerender()
  functionsOf(result.current).forEach((each, index) => expect(each).toBe(before[index]))
})

// Without a URL a socket has nothing to send to, and says so.
const calling = giving.filter(([name]) => name !== 'useWebSocket')

test.each(calling)(
  'the functions of %s are for calling, not for reading: a memoised call is worth any other',
  async (...row) => {
    const [, use] = row
    const { result } = await show(use)
    for (const each of functionsOf(result.current)) {
      let given: unknown
      act(() => {
        given = each('say', 'hello')
      })
      // Nothing, or how a send ends: never a state, which another call would give anew under the same identity.
      expect(given ?? Promise.resolve()).toBeInstanceOf(Promise)
      await Promise.allSettled([given])
      await pass()
    }
  },
)
