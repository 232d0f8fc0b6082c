import { act, configure, render } from '@testing-library/react'
import { type ReactNode, useLayoutEffect } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import type { Message } from '../../src/client/message.ts'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { type ClientOptions, createClient } from '../../src/create-client.ts'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { eventStream } from '../../src/transports/sse.ts'
import { openClient, serveChat } from '../client/real-server.ts'
import { createFakeClient } from '../support/fake-client.ts'
import { createMemoryServer, messageOf } from './memory-server.ts'

configure({ reactStrictMode: true })

const TOPIC = 'chat:numbers'
const THOUSAND = Array.from({ length: 1000 }, (_, index) => index + 1)

/** One page with a handler and a state, and what both were told. */
function openPage(client: RealtimeClient) {
  let reduced = 0
  let commits = 0
  const heard: number[] = []
  const sum = live({
    topic: TOPIC,
    initial: { count: 0, sum: 0 },
    reduce(state, { data }: { readonly data: { readonly n: number } }) {
      reduced++
      return { count: state.count + 1, sum: state.sum + data.n }
    },
  })
  function Page() {
    const { data, status } = useRealtime(sum)
    useRealtimeEvent<{ n: number }>(TOPIC, '*', (message) => void heard.push(message.data.n), {
      replay: { last: 1000 },
    })
    useLayoutEffect(() => void commits++)
    return <output>{`${status} ${data.count} ${data.sum}`}</output>
  }
  const { container } = render(
    <RealtimeProvider client={client}>
      <Page />
    </RealtimeProvider>,
  )
  return { heard, reduced: () => reduced, commits: () => commits, text: () => container.textContent }
}

/** Counts the frames that are drawn until the test ends. */
function countFrames(): () => number {
  let frames = 0
  const count = () => {
    frames++
    frame = requestAnimationFrame(count)
  }
  let frame = requestAnimationFrame(count)
  onTestFinished(() => cancelAnimationFrame(frame))
  return () => frames
}

/** Renders when and as an application would, also what comes outside of `act`. */
function renderFreely(): void {
  const global = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }
  global.IS_REACT_ACT_ENVIRONMENT = false
  onTestFinished(() => {
    global.IS_REACT_ACT_ENVIRONMENT = true
  })
}

test('1000 messages in 1000 tasks are handled and reduced once, in order, and rendered at most once a frame', async () => {
  const client = createFakeClient()
  const page = openPage(client)
  const frames = countFrames()
  renderFreely()
  const before = page.commits()
  for (const n of THOUSAND) {
    client.emit(TOPIC, 'n', { n })
    await new Promise(setImmediate)
  }
  await vi.waitFor(() => expect(page.text()).toBe('live 1000 500500'))
  expect(page.heard).toEqual(THOUSAND)
  expect(page.reduced()).toBe(1000)
  expect(page.commits() - before).toBeLessThanOrEqual(frames() + 2)
})

/** An event stream that comes in pieces of a few bytes, cut also in the middle of letters. */
const inPieces: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  let size = 1
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += size) {
        size = (size * 7) % 31
        controller.enqueue(chunk.slice(at, at + size))
      }
    },
  })
  return response.body ? new Response(response.body.pipeThrough(cut), response) : response
}

test('1000 messages in an event stream that is cut anywhere are handled and reduced once, in order', async () => {
  const { url, realtime } = await serveChat({ topics: { chat: { history: 1000 } } })
  const client = openClient(url, 'ladder', { transports: [eventStream({ fetch: inPieces })] })
  const page = openPage(client)
  renderFreely()
  await vi.waitFor(() => expect(page.text()).toBe('live 0 0'))
  const frames = countFrames()
  const before = page.commits()
  for (const n of THOUSAND) await realtime.publish(TOPIC, 'n', { n, text: 'größer als 😀' })
  await vi.waitFor(() => expect(page.text()).toBe('live 1000 500500'), { timeout: 10_000 })
  expect(page.heard).toEqual(THOUSAND)
  expect(page.reduced()).toBe(1000)
  expect(page.commits() - before).toBeLessThanOrEqual(frames() + 2)
}, 20_000)

function Hears({
  topic = TOPIC,
  last = 0,
  onNumber,
}: {
  topic?: string
  last?: number
  onNumber: (n: unknown) => void
}) {
  useRealtimeEvent(topic, '*', ({ data }) => onNumber(data), { replay: { last } })
  return null
}

/** Does something at a moment when what was rendered is on the page, and its effects did not run yet. */
function BeforeEffects({ when, run }: { when: unknown; run: () => void }) {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- when it happens is what is tested
  useLayoutEffect(run, [when])
  return null
}

test('a message that comes between render and subscription is handled, once, by who wants the last ones', () => {
  const client = createFakeClient()
  const heard: unknown[] = []
  let n = 0
  render(
    <RealtimeProvider client={client}>
      <Hears last={10} onNumber={(number) => heard.push(number)} />
      <BeforeEffects when="mounted" run={() => void client.emit(TOPIC, 'n', ++n)} />
    </RealtimeProvider>,
  )
  // StrictMode runs the effect twice.
  expect(heard).toEqual([1, 2])
})

test('a handler of another topic never hears the one before, not even between its render and its effects', () => {
  const client = createFakeClient()
  const heard: unknown[] = []
  const page = (topic: string) => (
    <RealtimeProvider client={client}>
      <Hears topic={topic} onNumber={(number) => heard.push(`${topic} ${String(number)}`)} />
      <BeforeEffects when={topic} run={() => void client.emit('a', 'n', 'late')} />
    </RealtimeProvider>
  )
  const { rerender } = render(page('a'))
  client.emit('a', 'n', 1)
  rerender(page('b'))
  client.emit('a', 'n', 2)
  client.emit('b', 'n', 3)
  expect(heard.slice(-2)).toEqual(['a 1', 'b 3'])
})

function openMemory(options: Pick<ClientOptions, 'auth' | 'onError'> = {}) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const server = createMemoryServer()
  const client = createClient({
    url: 'http://127.0.0.1/realtime',
    transports: [server.transport],
    storage: false,
    ...options,
  })
  onTestFinished(() => client.dispose())
  return { server, client }
}

const pass = (ms = 20) => act(() => vi.advanceTimersByTimeAsync(ms))

test('a handler that throws stops nobody, itself included, and what it throws is reported as any uncaught error', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  onTestFinished(() => void vi.unstubAllGlobals())
  const { server, client } = openMemory()
  const heard: string[] = []
  const mistake = new Error('a mistake')
  render(
    <RealtimeProvider client={client}>
      <Hears
        onNumber={(number) => {
          heard.push(`first ${String(number)}`)
          throw mistake
        }}
      />
      <Hears onNumber={(number) => heard.push(`second ${String(number)}`)} />
    </RealtimeProvider>,
  )
  await pass()
  await act(async () => server.publish(TOPIC, 2))
  expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2'])
  expect(report.mock.calls).toEqual([[mistake], [mistake]])
  expect(client.connection.getSnapshot().status).toBe('open')
})

test('where the client has an onError, it is told what handlers and reducers throw, and may throw itself', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  onTestFinished(() => void vi.unstubAllGlobals())
  const errors: EverwireError[] = []
  const ownMistake = new Error('a mistake of onError')
  const { server, client } = openMemory({
    onError(error) {
      errors.push(error)
      throw ownMistake
    },
  })
  const [inHandler, inReducer] = [new Error('in a handler'), new Error('in a reducer')]
  const picky = live({
    topic: TOPIC,
    initial: 0,
    reduce(state: number, { data }: Message<number>) {
      if (data === 1) throw inReducer
      return state + data
    },
  })
  const Sum = () => <output>{useRealtime(picky).data}</output>
  const { container } = render(
    <RealtimeProvider client={client}>
      <Hears
        onNumber={(number) => {
          if (number === 1) throw inHandler
        }}
      />
      <Sum />
    </RealtimeProvider>,
  )
  await pass()
  await act(async () => server.publish(TOPIC, 3))
  await pass()
  expect(container.textContent).toBe('5')
  expect(new Set(errors.map(({ cause }) => cause))).toEqual(new Set([inHandler, inReducer]))
  expect(errors).toMatchObject([{ code: 'handler' }, { code: 'handler' }])
  expect(report.mock.calls).toEqual([[ownMistake], [ownMistake]])
})

const shownBy = (client: RealtimeClient, topic: string, heard: unknown[]): ReactNode => {
  function Shows() {
    const { data } = useRealtime<number>(topic)
    return <output>{data.map((message) => message.data).join()}</output>
  }
  return (
    <RealtimeProvider client={client}>
      <Hears topic={topic} onNumber={(number) => heard.push(number)} />
      <Shows />
    </RealtimeProvider>
  )
}

test('a late message of the topic before is neither handled nor shown, although the wire still carries it', async () => {
  const { server, client } = openMemory()
  const heard: unknown[] = []
  const { rerender, container } = render(shownBy(client, 'a', heard))
  await pass()
  await act(async () => server.publish('a', 2))
  rerender(shownBy(client, 'b', heard))
  await pass()
  await act(async () => {
    server.publish('a', 3)
    server.publish('b')
  })
  await pass()
  expect(server.wires[0]!.subs).toEqual(new Set(['a', 'b']))
  expect(heard).toEqual([1, 2, 1])
  expect(container.textContent).toBe('1')
})

test('a late message of the wire that had the token before is neither handled nor shown', async () => {
  let tokens = 0
  const { server, client } = openMemory({ auth: () => `token-${++tokens}` })
  const heard: unknown[] = []
  const { container } = render(shownBy(client, TOPIC, heard))
  await pass()
  await act(async () => server.publish(TOPIC, 2))
  const [old] = server.wires
  await act(async () => old!.events.frames([{ t: 'bye', code: 4201, why: 'expired', retry: [0, 0] }]))
  await pass(1000)
  expect(server.opened.map(({ auth }) => auth)).toEqual(['token-1', 'token-2'])
  await act(async () => old!.events.frames([messageOf(TOPIC, 3), messageOf(TOPIC, 99)]))
  await pass()
  expect(heard).toEqual([1, 2])
  await act(async () => server.publish(TOPIC))
  await pass()
  expect(heard).toEqual([1, 2, 3])
  expect(container.textContent).toBe('1,2,3')
})
