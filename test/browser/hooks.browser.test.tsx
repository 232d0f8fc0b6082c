import { useLayoutEffect } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import {
  eventStream,
  live,
  longPoll,
  type Message,
  RealtimeProvider,
  type Transport,
  useConnection,
  useEventStream,
  useLongPoll,
  useRealtime,
  useRealtimeEvent,
  useWebSocket,
  webSocket,
} from '../../src/index.ts'
import { type FootprintWatch, NOTHING, watchFootprint } from './footprint.ts'
import { expectUnbroken, mount, type Mounted, NOBODY, PATIENCE, serverSees, untilServerSees, visit } from './page.tsx'
import { createStreamHold } from './stream-hold.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 })

// The server counts all clients; each test begins alone.
beforeEach(() => untilServerSees(NOBODY))

const RUNGS = {
  websocket: webSocket,
  sse: eventStream,
  longpoll: longPoll,
} satisfies Record<string, () => Transport>

const rungNames = Object.keys(RUNGS) as (keyof typeof RUNGS)[]

/** A busy machine must not be taken for a slow WebSocket where connections are counted. */
const NO_RACE = { raceAfterMs: 5000 } as const

/** All numbers of a counter, reduced; it forgets quickly, so that tests need not wait for that. */
const numbersOf = (topic: string) =>
  live({
    topic,
    initial: [] as readonly Numbered[],
    reduce: (all, { data }: Message<Numbered>) => [...all, data],
    keepAliveMs: 20,
    gcMs: 0,
  })

const shows = (page: Mounted, text: string | RegExp) =>
  vi.waitFor(() => expect(page.text()).toEqual(typeof text === 'string' ? text : expect.stringMatching(text)), PATIENCE)

const untilNothing = (footprint: FootprintWatch) => vi.waitFor(() => expect(footprint.now()).toEqual(NOTHING), PATIENCE)

function Status() {
  const transport = useConnection((connection) => connection.transport)
  return <output>{transport ?? 'nothing'}</output>
}

function Numbers({ topic }: { topic: string }) {
  const { data, status } = useRealtime(numbersOf(topic))
  return <output>{`${status} ${data.map(({ n }) => n).join()}`}</output>
}

function OnNumber({ topic, onNumber }: { topic: string; onNumber: (number: Numbered) => void }) {
  useRealtimeEvent<Numbered>(topic, 'count', ({ data }) => onNumber(data))
  return null
}

test.for(['client', 'url'] as const)('a StrictMode page with a provider of a %s opens one connection', async (kind) => {
  const { opened } = watchFootprint()
  const visitor = visit()
  const options = { ladder: NO_RACE, lingerMs: 0, storage: false } as const
  const provided = kind === 'client' ? { client: visitor.openClient(options) } : { url: visitor.url, ...options }
  const page = mount(
    <RealtimeProvider {...provided}>
      <Numbers topic={visitor.topic('counter')} />
    </RealtimeProvider>,
  )
  await shows(page, /^live \d+,\d+/)
  expect(opened).toEqual([expect.stringMatching(/^websocket .*\/ws$/)])
  expect(await serverSees()).toMatchObject({ connections: { websocket: 1, sse: 0, longpoll: 0 }, subscriptions: 1 })
  page.unmount()
})

test.for(rungNames)('two components and three topics share one wire: %s', async (rung) => {
  const visitor = visit()
  const client = visitor.openClient({ transports: [RUNGS[rung]()] })
  const [chat, counter, ticker] = [visitor.topic('chat'), visitor.topic('counter'), visitor.topic('ticker')]
  function Talk() {
    const { data: lines, send } = useRealtime<{ text: string }>(chat)
    const { data: numbers } = useRealtime<Numbered>(counter)
    return (
      <button onClick={() => void send('message', { name: 'Ada', text: 'hello' })}>
        {lines.map(({ data }) => data.text).join()} {numbers.length > 1 && 'numbers'}
      </button>
    )
  }
  function Market() {
    const { data: prices } = useRealtime(ticker)
    const { data: numbers } = useRealtime<Numbered>(counter)
    return <p>{`${prices.length > 0 ? 'prices' : ''} ${numbers.length > 1 ? 'numbers' : ''}`}</p>
  }
  const page = mount(
    <RealtimeProvider client={client}>
      <Talk />
      <Market />
    </RealtimeProvider>,
  )
  document.querySelector('button')!.click()
  await shows(page, 'hello numbersprices numbers')
  await untilServerSees({ connections: { ...NOBODY.connections, [rung]: 1 }, subscriptions: 3 })
})

test('a component that mounts late gets the history, and no connection of its own', async () => {
  const { opened } = watchFootprint()
  const visitor = visit()
  const client = visitor.openClient({ ladder: NO_RACE })
  const [chat, counter] = [visitor.topic('chat'), visitor.topic('counter')]
  await client.send(chat, 'message', { name: 'Ada', text: 'early' })
  const early = mount(
    <RealtimeProvider client={client}>
      <Numbers topic={counter} />
    </RealtimeProvider>,
  )
  await shows(early, /^live (\d+,){20}/)

  const shown: string[] = []
  function Late() {
    const { data: lines } = useRealtime<{ text: string }>(chat)
    const { data: numbers } = useRealtime<Numbered>(counter, { last: 10 })
    const text = `${lines.map(({ data }) => data.text).join()} ${numbers.length}`
    useLayoutEffect(() => void shown.push(text), [text])
    return <p>{text}</p>
  }
  const late = mount(
    <RealtimeProvider client={client}>
      <Late />
    </RealtimeProvider>,
  )
  await shows(late, 'early 10')
  // The history is shown as one: no list grows before the eyes of a visitor.
  expect(shown.map((text) => text.split(' ')[1])).not.toContain('1')
  expect(opened).toHaveLength(1)
})

test('a burst of 1000 messages in one chunk is handled one by one and rendered once a frame', async () => {
  const visitor = visit()
  const proxy = createStreamHold()
  const client = visitor.openClient({ transports: [eventStream({ fetch: proxy.fetch })] })
  const counter = visitor.topic('counter')
  const numbers = numbersOf(counter)
  const handled: Numbered[] = []
  const committed: number[] = []
  function Total() {
    const { data: all } = useRealtime(numbers)
    useLayoutEffect(() => void committed.push(all.length), [all])
    return <p>{all.length}</p>
  }
  await visitor.setRate(5)
  const { text } = mount(
    <RealtimeProvider client={client}>
      <OnNumber topic={counter} onNumber={(number) => handled.push(number)} />
      <Total />
    </RealtimeProvider>,
  )
  await vi.waitFor(() => expect(handled).not.toHaveLength(0), PATIENCE)

  proxy.hold()
  await visitor.setRate(500)
  await vi.waitFor(() => expect(proxy.count('"e":"count"')).toBeGreaterThanOrEqual(1000), PATIENCE)
  await visitor.setRate(1)
  const before = handled.length
  committed.length = 0
  let frames = 0
  const countFrame = () => {
    frames++
    frame = requestAnimationFrame(countFrame)
  }
  let frame = requestAnimationFrame(countFrame)
  proxy.release()
  await vi.waitFor(() => expect(handled.length - before).toBeGreaterThanOrEqual(1000), PATIENCE)
  await vi.waitFor(() => expect(text()).toBe(String(handled.length)), PATIENCE)
  cancelAnimationFrame(frame)
  expectUnbroken(handled)
  // One for the first message at once, then one a frame.
  expect(committed.length).toBeLessThanOrEqual(frames + 1)
  expect(committed.length).toBeLessThan(10)
  expect(committed.at(-1)).toBe(handled.length)
})

/** Something of everything that a page can use of a provider. */
function Everything({ counter, chat }: { counter: string; chat: string }) {
  const { status } = useRealtime(numbersOf(counter))
  useRealtimeEvent(counter, '*', () => {})
  useRealtimeEvent(chat, 'message', () => {}, { replay: { last: 5 } })
  return (
    <>
      <p>{status}</p>
      <Status />
    </>
  )
}

test.for(rungNames)('100 mounts and unmounts leave no listener, timer or socket: %s', async (rung) => {
  const visitor = visit()
  // What React leaves on a document it leaves once.
  mount(null).unmount()
  const footprint = watchFootprint()
  const client = visitor.openClient({ transports: [RUNGS[rung]()], lingerMs: 20 })
  const tree = (
    <RealtimeProvider client={client}>
      <Everything counter={visitor.topic('counter')} chat={visitor.topic('chat')} />
    </RealtimeProvider>
  )
  for (let round = 1; round <= 100; round++) {
    const page = mount(tree)
    // Most leave at once; some see life first, and of those some are missed for longer than the linger.
    if (round % 10 === 0) await shows(page, `live${rung}`)
    page.unmount()
    if (round % 20 === 0) await untilNothing(footprint)
  }
  await untilNothing(footprint)
  await untilServerSees(NOBODY)
  expect(footprint.opened.length).toBeGreaterThanOrEqual(5)
})

test('100 pages with providers of a URL and with the plain hooks leave nothing', async () => {
  function Plain() {
    const states = [
      useWebSocket('/tutorial/rooms').status,
      useEventStream('/tutorial/events').status,
      useLongPoll('/tutorial/poll?topic=lobby').status,
    ]
    return <i>{states.join()}</i>
  }
  const visitor = visit()
  mount(null).unmount()
  const footprint = watchFootprint()
  for (let round = 1; round <= 100; round++) {
    const page = mount(
      <>
        <RealtimeProvider url={visitor.url} storage={false} lingerMs={20}>
          <Everything counter={visitor.topic('counter')} chat={visitor.topic('chat')} />
        </RealtimeProvider>
        <Plain />
      </>,
    )
    // Chromium slows down WebSockets where many were given up, so that it may be another transport that is live.
    if (round % 25 === 0) await shows(page, /^live(websocket|sse|longpoll)live,live,live$/)
    page.unmount()
  }
  // What a provider and the plain hooks opened outlives them by five seconds.
  await untilNothing(footprint)
  await untilServerSees(NOBODY)
})

test.for(['at connect', 'in mid-life'] as const)(
  'falls to SSE and to long polling and climbs back, nothing lost, doubled or out of order: %s',
  async (moment) => {
    const visitor = visit()
    const client = visitor.openClient({ ladder: { climb: { minMs: 200, maxMs: 1000 } } })
    const counter = visitor.topic('counter')
    const handled: Numbered[] = []
    const numbers = numbersOf(counter)
    let reduced: readonly Numbered[] = []
    function Total() {
      const { data: all } = useRealtime(numbers)
      useLayoutEffect(() => {
        reduced = all
      }, [all])
      return null
    }
    const start = () =>
      mount(
        <RealtimeProvider client={client}>
          <Status />
          <OnNumber topic={counter} onNumber={(number) => handled.push(number)} />
          <Total />
        </RealtimeProvider>,
      )
    const runsOver = async (page: Mounted, transport: string) => {
      await shows(page, transport)
      const before = handled.length
      await vi.waitFor(() => expect(handled.length).toBeGreaterThan(before + 40), PATIENCE)
    }

    await visitor.setRate(200)
    let page
    if (moment === 'at connect') {
      await visitor.break({ websocket: 'refuse', sse: 'mute' })
      page = start()
    } else {
      page = start()
      await runsOver(page, 'websocket')
      await visitor.break({ websocket: 'refuse' })
      await runsOver(page, 'sse')
      await visitor.break({ sse: 'mute' })
    }
    await runsOver(page, 'longpoll')
    await visitor.break({ sse: 'ok' })
    await runsOver(page, 'sse')
    await visitor.break({ websocket: 'ok' })
    await runsOver(page, 'websocket')

    expectUnbroken(handled)
    await vi.waitFor(() => expect(reduced.length).toBeGreaterThanOrEqual(handled.length), PATIENCE)
    expectUnbroken(reduced)
  },
)
