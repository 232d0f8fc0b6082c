import { StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { expect, test, vi } from 'vitest'
import { cdp } from 'vitest/browser'
import {
  live,
  RealtimeProvider,
  useConnection,
  useEventLog,
  usePresence,
  useRealtime,
  useRealtimeEvent,
} from '../../src/index.ts'
import { PATIENCE, visit } from './page.tsx'

vi.setConfig({ testTimeout: 60_000 })

/** Waits until of `refs` no more are left than React itself keeps of its last render. */
const untilCollected = (refs: readonly WeakRef<object>[], most: number) =>
  vi.waitFor(async () => {
    await cdp().send('HeapProfiler.collectGarbage')
    expect(refs.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(most)
  }, PATIENCE)

const untilAlive = (page: HTMLElement) => vi.waitFor(() => expect(page.textContent).toMatch(/^open [1-9]/), PATIENCE)

test('of 200 mounts and unmounts nothing stays in memory, while their client lives on', async () => {
  const visitor = visit()
  const client = visitor.openClient({ lingerMs: 20 })
  client.connect()
  const [counter, chat] = [visitor.topic('counter'), visitor.topic('chat')]
  const handlers: WeakRef<object>[] = []
  const definitions: WeakRef<object>[] = []
  const containers: WeakRef<object>[] = []

  function Everything({ round, onMessage }: { round: number; onMessage: () => void }) {
    const definition = live({
      topic: counter,
      name: `round-${round}`,
      initial: [] as readonly unknown[],
      reduce: (all, { data }) => [...all, data],
      keepAliveMs: 0,
      gcMs: 0,
    })
    definitions.push(new WeakRef(definition))
    useRealtimeEvent(counter, '*', onMessage)
    usePresence(chat, { round })
    const { entries } = useEventLog({ topics: chat })
    return (
      <i>
        {useConnection(({ status }) => status)} {useRealtime(definition).data.length} {entries.length}
      </i>
    )
  }
  for (let round = 0; round < 200; round++) {
    const onMessage = () => void round
    handlers.push(new WeakRef(onMessage))
    const container = document.body.appendChild(document.createElement('div'))
    containers.push(new WeakRef(container))
    // Not by what mounts pages elsewhere: that keeps each until the end of the test.
    const root = createRoot(container)
    flushSync(() =>
      root.render(
        <StrictMode>
          <RealtimeProvider client={client}>
            <Everything round={round} onMessage={onMessage} />
          </RealtimeProvider>
        </StrictMode>,
      ),
    )
    // Most leave at once; some see life first.
    if (round % 20 === 0) await untilAlive(container)
    flushSync(() => root.unmount())
    container.remove()
  }
  for (const refs of [handlers, definitions, containers]) await untilCollected(refs, 2)
})
