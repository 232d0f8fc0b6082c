import { act, configure, render } from '@testing-library/react'
import { memo, useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import type { Message } from '../../src/client/message.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useConnection } from '../../src/react/use-connection.ts'
import { useEventLog } from '../../src/react/use-event-log.ts'
import { usePresenceList } from '../../src/react/use-presence-list.ts'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const TOPIC = 'numbers'

/** Shows a list that it is given, and renders only for another one. */
const List = memo(({ items }: { items: readonly Message<number>[] }) => <i>{items.map(({ data }) => data).join()}</i>)

/** As an application is written: everything inline, with props in it, and its results handed on. */
function Fixture({ least, factor }: { least: number; factor: number }) {
  const [heard, setHeard] = useState<readonly string[]>([])
  const { data: messages, status } = useRealtime<number>(TOPIC, { last: 3 })
  const { data: large } = useRealtime(TOPIC, {
    last: 3,
    select: (all: readonly Message<number>[]) => all.filter(({ data }) => data >= least),
    isEqual: (a, b) => a.map(({ id }) => id).join() === b.map(({ id }) => id).join(),
  })
  const { data: sum } = useRealtime(
    live({ topic: TOPIC, name: 'sum', initial: 0, reduce: (all: number, { data }: Message<number>) => all + data }),
    { select: (all) => all * factor },
  )
  useRealtimeEvent<number>(TOPIC, 'tick', ({ data }) => setHeard((all) => [...all, `${data * factor}`]))
  const transport = useConnection((connection) => `${connection.transport} ${least}`)
  const { entries } = useEventLog({ topics: TOPIC, filter: ({ kind }) => kind === 'message' || factor > 1 })
  const count = usePresenceList(TOPIC, { select: (presence) => presence.count + least })
  return (
    <>
      <p>{`${status} ${transport} ${count} ${sum} ${entries.length}`}</p>
      <List items={messages} />
      <List items={large} />
      <b>{heard.join()}</b>
    </>
  )
}

const isCompiled = (hookOrComponent: unknown) => /\bconst \$ = /.test(String(hookOrComponent))

test("React Compiler compiles hooks, and tests' components as an application's, where it is to and nowhere else", ({
  task,
}) => {
  const expected = task.file.projectName === 'compiled'
  expect([useRealtime, useRealtimeEvent, Fixture].map(isCompiled)).toEqual([expected, expected, expected])
})

test('what is inline goes on to update, also when it and what it captures are memoised', () => {
  const client = createFakeClient()
  const tree = (least: number, factor: number) => (
    <RealtimeProvider client={client}>
      <Fixture least={least} factor={factor} />
    </RealtimeProvider>
  )
  const { container, rerender } = render(tree(2, 1))
  const shown = () =>
    ['p', 'i:nth-of-type(1)', 'i:nth-of-type(2)', 'b'].map((at) => container.querySelector(at)!.textContent)
  const pass = () => act(() => void vi.advanceTimersByTime(100))
  act(() => void client.burst(TOPIC, 3))
  pass()
  expect(shown()).toEqual(['live null 2 2 6 3', '1,2,3', '2,3', '1,2,3'])
  act(() => client.setConnection(OPEN))
  act(() => void client.emit(TOPIC, 'tick', 4))
  pass()
  expect(shown()).toEqual(['live websocket 2 2 10 4', '2,3,4', '2,3,4', '1,2,3,4'])
  // What the inline functions captured counts, without a message.
  rerender(tree(4, 10))
  pass()
  expect(shown()).toEqual(['live websocket 4 4 100 5', '2,3,4', '4', '1,2,3,4'])
  act(() => void client.emit(TOPIC, 'tick', 5))
  pass()
  expect(shown()).toEqual(['live websocket 4 4 150 6', '3,4,5', '4,5', '1,2,3,4,50'])
})
