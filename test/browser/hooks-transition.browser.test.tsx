import { startTransition, useLayoutEffect, useState, ViewTransition } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { RealtimeProvider, useRealtime, useRealtimeEvent } from '../../src/index.ts'
import { expectUnbroken, mount, PATIENCE, visit } from './page.tsx'

vi.setConfig({ testTimeout: 60_000 })

/** Every view transition of the page, and whether it was shown or skipped. */
function watchTransitions() {
  const transitions: { outcome: 'running' | 'shown' | 'skipped'; messages: number }[] = []
  let count = () => 0
  const original = document.startViewTransition.bind(document)
  document.startViewTransition = (...args) => {
    const transition = original(...args)
    const before = count()
    const entry: (typeof transitions)[number] = { outcome: 'running', messages: 0 }
    transitions.push(entry)
    // `finished` is fulfilled for what was skipped too; `ready` is not.
    let isSkipped = false
    transition.ready.catch(() => {
      isSkipped = true
    })
    void transition.finished.then(() => {
      entry.messages = count() - before
      entry.outcome = isSkipped ? 'skipped' : 'shown'
    })
    return transition
  }
  onTestFinished(() => {
    document.startViewTransition = original
  })
  return {
    transitions,
    countBy(messages: () => number) {
      count = messages
    },
  }
}

test('view transitions are shown, not skipped, while messages flow and are shown', async () => {
  const watch = watchTransitions()
  const visitor = visit()
  const client = visitor.openClient()
  const counter = visitor.topic('counter')
  const handled: Numbered[] = []
  let go = (_page: number) => {}
  function Ticker() {
    const { data } = useRealtime<Numbered>(counter, { last: 1 })
    useRealtimeEvent<Numbered>(counter, 'count', (message) => void handled.push(message.data))
    return <p>{data[0]?.data.n}</p>
  }
  function Page() {
    const [page, setPage] = useState(0)
    useLayoutEffect(() => {
      go = (next) => startTransition(() => setPage(next))
    }, [])
    return (
      <>
        <Ticker />
        <ViewTransition key={page}>
          <h1>{`page ${page}`}</h1>
        </ViewTransition>
      </>
    )
  }
  await visitor.setRate(200)
  const { text } = mount(
    <RealtimeProvider client={client}>
      <Page />
    </RealtimeProvider>,
  )
  await vi.waitFor(() => expect(handled.length).toBeGreaterThan(10), PATIENCE)
  watch.countBy(() => handled.length)
  for (let page = 1; page <= 5; page++) {
    go(page)
    await vi.waitFor(() => expect(watch.transitions).toHaveLength(page), PATIENCE)
    await vi.waitFor(() => expect(watch.transitions.at(-1)!.outcome).not.toBe('running'), PATIENCE)
    expect(text()).toContain(`page ${page}`)
  }
  expect(watch.transitions.map(({ outcome }) => outcome)).toEqual(Array(5).fill('shown'))
  // They lasted while messages came.
  for (const { messages } of watch.transitions) expect(messages).toBeGreaterThan(5)
  await vi.waitFor(() => expect(text()).toContain(String(handled.at(-1)!.n)), PATIENCE)
  expectUnbroken(handled)
})
