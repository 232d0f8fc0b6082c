import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cleanup, configure, render } from '@testing-library/react'
import { expect, test } from 'vitest'
import { latest } from '../../src/client/live.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useEventLog } from '../../src/react/use-event-log.ts'
import { usePresence } from '../../src/react/use-presence.ts'
import { useRealtimeEvent } from '../../src/react/use-realtime-event.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createClient } from '../../src/create-client.ts'
import { eventually, NodeWebSocket, serveChat } from '../client/real-server.ts'

configure({ reactStrictMode: true })

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What this process waits for: timers and connections, of both sides of what a test opens. */
const running = () => process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|TCP/.test(kind)).length

function Everything({ topic, onMessage }: { topic: string; onMessage: () => void }) {
  useRealtimeEvent(topic, '*', onMessage)
  const { status } = useRealtime({ ...latest(topic), keepAliveMs: 0, gcMs: 0 })
  const { entries } = useEventLog({ topics: topic })
  return <i>{`${status} ${entries.length} ${usePresence(topic).count}`}</i>
}

const ROUNDS = 200

const untilLive = (page: HTMLElement) => eventually(() => expect(page.textContent).toMatch(/^live/))

test('200 pages with a client each leave no timer, no connection and nothing in memory', async () => {
  const { url, realtime } = await serveChat({ topics: { chat: { history: 10, presence: true } } })
  const before = running()
  const left: WeakRef<object>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const client = createClient({ url, WebSocket: NodeWebSocket, storage: false })
    const onMessage = () => void client
    left.push(new WeakRef(client), new WeakRef(onMessage))
    const { container } = render(
      <RealtimeProvider client={client}>
        <Everything topic={`chat:${round}`} onMessage={onMessage} />
      </RealtimeProvider>,
    )
    // Most leave at once; some see life first.
    if (round % 50 === 0) await untilLive(container)
    cleanup()
    client.dispose()
  }
  await eventually(() => expect(realtime.connections).toBe(0))
  // The server and the wait itself have some timers of their own; what each page left would be many times that.
  await eventually(() => expect(running()).toBeLessThan(before + ROUNDS / 10))
  await eventually(() => {
    collectGarbage()
    // React keeps its last render.
    expect(left.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(4)
  })
}, 40_000)
