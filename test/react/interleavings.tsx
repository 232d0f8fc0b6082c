import { act, render } from '@testing-library/react'
import fc from 'fast-check'
import type { ComponentType, ReactNode } from 'react'
import { expect, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { createClient } from '../../src/create-client.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { type RealtimeEventOptions, useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createMemoryServer, type MemoryServer } from './memory-server.ts'

const TOPIC = 'numbers'
const REPLAYS = ['none', 'missed', { last: 3 }] as const satisfies readonly RealtimeEventOptions['replay'][]

/** Of the state, and of an event handler for each way to replay. */
const PLACES = [0, 1, 2, 3] as const
type Place = (typeof PLACES)[number]

const ACTIONS = [
  ...(['publish', 'burst', 'hold', 'letGo', 'cut'] as const),
  ...(['disconnect', 'connect', 'reconnect', 'moment', 'linger'] as const),
]
type Action = (typeof ACTIONS)[number] | { readonly turn: 'mount' | 'hide'; readonly place: Place }

const numbers = live({
  topic: TOPIC,
  initial: [] as readonly number[],
  reduce: (all, { data }: { readonly data: number }) => [...all, data],
})

/** One life of one handler: from a mount to an unmount. */
interface Heard {
  readonly numbers: number[]
  /** For each gap before a number: whether the handler was hidden, or a loss had been told, since the number before. */
  readonly excused: boolean[]
}

export type Hide = ComponentType<{ readonly hidden: boolean; readonly children: ReactNode }>

/**
 * Whatever happens in whatever order: each handler hears numbers once and in order, without a gap that is not told or
 * by its own choice, and the state is what the numbers make of it.
 * @param keeps - how many messages the server can replay
 */
export async function checkInterleavings(Hidden: Hide | undefined, keeps: number, numRuns: number): Promise<void> {
  const turns = fc.record<Exclude<Action, string>>({
    turn: fc.constantFrom(...(Hidden ? (['mount', 'hide'] as const) : (['mount'] as const))),
    place: fc.constantFrom(...PLACES),
  })
  const actions = fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ACTIONS) }, { weight: 2, arbitrary: turns }),
    { minLength: 5, maxLength: 50 },
  )
  await fc.assert(
    fc.asyncProperty(actions, fc.boolean(), (chosen, watched) => play(chosen, Hidden, keeps, watched)),
    {
      numRuns,
      examples: [
        // A wire that was asked before another one brought more than the server can replay.
        [[{ turn: 'mount', place: 3 }, 'hold', 'reconnect', 'burst', 'linger', 'publish'], false],
        // Two wires are asked for a history that is short then, and long when the second one answers.
        [['moment', 'hold', 'publish', { turn: 'mount', place: 3 }, 'reconnect', 'publish', 'burst'], true],
      ],
    },
  )
}

async function play(
  actions: readonly Action[],
  Hidden: Hide | undefined,
  keeps: number,
  watched: boolean,
): Promise<void> {
  const server = createMemoryServer({ keeps })
  const client = createClient({
    url: 'http://127.0.0.1/realtime',
    transports: [server.transport],
    storage: false,
    ladder: { retry: { minMs: 10, maxMs: 20 } },
    lingerMs: 1000,
  })
  const lives: { readonly place: Place; readonly heard: Heard }[] = []
  const mounted = new Map<Place, Heard>()
  const hidden = new Set<Place>()
  /** Places that had a reason to miss something since their last number. */
  const excuses = new Set<Place>()
  // Hears of losses, and keeps the topic, which is left now and then without it.
  if (watched) {
    client.listen(TOPIC, {
      onMessage() {},
      onReset() {
        for (const place of PLACES) excuses.add(place)
      },
    })
  }

  function hear(place: Place, number: number): void {
    const { numbers: all, excused } = mounted.get(place)!
    all.push(number)
    excused.push(excuses.delete(place))
  }

  function Handler({ place }: { place: Exclude<Place, 0> }) {
    useRealtimeEvent<number>(TOPIC, 'tick', ({ data }) => hear(place, data), { replay: REPLAYS[place - 1]! })
    return null
  }
  function State() {
    const { data } = useRealtime(numbers)
    return <output>{data.join()}</output>
  }
  const page = () => (
    <RealtimeProvider client={client}>
      {PLACES.map((place) => {
        if (!mounted.has(place)) return null
        const content = place === 0 ? <State /> : <Handler place={place} />
        return Hidden ? (
          <Hidden key={place} hidden={hidden.has(place)}>
            {content}
          </Hidden>
        ) : (
          <div key={place}>{content}</div>
        )
      })}
    </RealtimeProvider>
  )

  function mount(place: Place): void {
    const heard = { numbers: [], excused: [] }
    mounted.set(place, heard)
    lives.push({ place, heard })
  }
  function take(action: Action): void {
    if (typeof action === 'object') {
      const { turn, place } = action
      if (turn === 'mount' && mounted.has(place)) mounted.delete(place)
      else if (turn === 'mount') mount(place)
      else if (!hidden.delete(place)) hidden.add(place)
      if (hidden.has(place)) excuses.add(place)
      else if (turn === 'mount') excuses.delete(place)
      return rerender(page())
    }
    switch (action) {
      case 'publish':
        return server.publish(TOPIC)
      case 'burst':
        return server.publish(TOPIC, 5)
      case 'hold':
      case 'letGo':
      case 'cut':
        return server[action]()
      case 'disconnect':
      case 'connect':
      case 'reconnect':
        return client[action]()
      case 'moment':
        return void vi.advanceTimersByTime(50)
      case 'linger':
        return void vi.advanceTimersByTime(6000)
    }
  }
  const { rerender, unmount, container } = render(page())
  for (const action of actions) {
    await act(async () => {
      take(action)
      await vi.advanceTimersByTimeAsync(0)
    })
  }
  // In the end everything is there, and what is published is heard by all.
  await act(async () => {
    for (const place of PLACES) if (!mounted.has(place)) mount(place)
    hidden.clear()
    client.connect()
    rerender(page())
    server.letGo()
  })
  await act(() => vi.advanceTimersByTimeAsync(5000))
  await act(async () => {
    server.publish(TOPIC)
    await vi.advanceTimersByTimeAsync(50)
  })
  judge(server, lives, mounted, keeps, watched, container.querySelector('output')!.textContent)
  unmount()
  client.dispose()
}

function judge(
  server: MemoryServer,
  lives: readonly { readonly place: Place; readonly heard: Heard }[],
  mounted: ReadonlyMap<Place, Heard>,
  keeps: number,
  watched: boolean,
  shown: string,
): void {
  const head = server.head(TOPIC)
  for (const { place, heard } of lives) {
    heard.numbers.forEach((number, index) => {
      const before = heard.numbers[index - 1]
      if (before === undefined) return
      expect(number, 'once and in order').toBeGreaterThan(before)
      if (number === before + 1) return
      // Only who was hidden, or was told of a loss, has a gap; who wants what it missed, only of what nobody has any more.
      if (watched || keeps === Infinity) expect(heard.excused[index], `${before} and then ${number}`).toBe(true)
      if (REPLAYS[place - 1] === 'missed') expect(before + 1).toBeLessThan(server.oldest(TOPIC))
    })
  }
  for (const [place, { numbers: all }] of mounted) if (place !== 0) expect(all.at(-1)).toBe(head)
  const state = shown.split(',').map(Number)
  const first = keeps === Infinity ? 1 : state[0]!
  expect(state).toEqual(Array.from({ length: head - first + 1 }, (_, index) => first + index))
  expect(first).toBeLessThanOrEqual(server.oldest(TOPIC))
}
