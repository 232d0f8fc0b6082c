import { Profiler } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { eventStream, longPoll, RealtimeProvider, useRealtimeEvent, useRealtime, webSocket } from '../../src/index.ts'
import { expectUnbroken, mount, NOBODY, PATIENCE, serverSees, untilServerSees, visit } from './page.tsx'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 })

// The server counts all clients; each test begins alone.
beforeEach(() => untilServerSees(NOBODY))

/** Listens without the client, so that no event of this page touches it. */
function listenBeside(url: string, topic: string) {
  const open = btoa(JSON.stringify({ v: 1, sid: 'w'.repeat(22), subs: { [topic]: null }, caps: [] }))
  const source = new EventSource(`${url}/sse?o=${open.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`)
  const listening = { messages: 0, close: () => source.close() }
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    listening.messages += data.split('\n').filter((frame) => frame.includes('"t":"m"')).length
  })
  return listening
}

test.for([webSocket(), eventStream(), longPoll()])(
  'hundreds of messages that a frozen page missed are rendered in few commits when it goes on: $name',
  async (transport) => {
    const visitor = visit()
    const topic = visitor.topic('counter')
    const client = visitor.openClient({ transports: [transport] })
    const heard: Numbered[] = []
    let commits = 0
    function Numbers() {
      const { data } = useRealtime<Numbered>(topic, { last: 1 })
      useRealtimeEvent<Numbered>(topic, 'count', ({ data: number }) => void heard.push(number))
      return <output>{data[0]?.data.n}</output>
    }
    const page = mount(
      <RealtimeProvider client={client}>
        <Profiler id="numbers" onRender={() => void commits++}>
          <Numbers />
        </Profiler>
      </RealtimeProvider>,
    )
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(3), PATIENCE)
    const beside = listenBeside(visitor.url, topic)
    await vi.waitFor(() => expect(beside.messages).toBeGreaterThan(0), PATIENCE)

    document.dispatchEvent(new Event('freeze'))
    await vi.waitFor(async () =>
      expect((await serverSees()).connections).toEqual({ websocket: 0, sse: 1, longpoll: 0 }),
    )
    const [missedFrom, heardBefore] = [beside.messages, heard.length]
    await visitor.setRate(500)
    await vi.waitFor(() => expect(beside.messages).toBeGreaterThan(missedFrom + 300), PATIENCE)
    // Slow again: what comes now is what was missed.
    await visitor.setRate(1)
    const missed = beside.messages - missedFrom
    commits = 0
    document.dispatchEvent(new Event('resume'))
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(heardBefore + missed), PATIENCE)
    await vi.waitFor(() => expect(Number(page.text())).toBe(heard.at(-1)!.n), PATIENCE)
    expectUnbroken(heard)
    expect(commits).toBeLessThanOrEqual(10)
    beside.close()
    page.unmount()
  },
)
