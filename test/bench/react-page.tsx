import { Profiler, type ReactNode, useEffect, useState } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createClient, live, type Message, RealtimeProvider, useRealtime, useRealtimeClient } from 'everwire'

/** What the page measures, read by the benchmark. */
export interface Counts {
  messages: number
  commits: number
  /** Frames of the browser, while messages came. */
  frames: number
  /** Frames that took longer than 50 ms. */
  longFrames: number
  /** Most commits between two frames. */
  mostCommits: number
}

declare global {
  interface Window {
    counts: Counts
    isLive: () => boolean
  }
}

export const ROWS = 200
const TOPIC = 'rows'

type Rows = readonly number[]
const rows = live<Rows, number>({
  topic: TOPIC,
  initial: Array.from({ length: ROWS }, () => 0),
  reduce(state, { data }) {
    window.counts.messages++
    return state.with(data % ROWS, data)
  },
  replay: 0,
})

function Row({ index }: { index: number }) {
  const { data } = useRealtime(rows, { select: (state) => state[index]! })
  return <Cells index={index} value={data} />
}

function Cells({ index, value }: { index: number; value: number }) {
  return (
    <tr>
      <td>{index}</td>
      <td>{value}</td>
      <td>{value % 7 === 0 ? 'seventh' : 'other'}</td>
    </tr>
  )
}

/** What most people write, and what react-use-websocket does for them: one state, set and rendered for each message. */
function OneRenderPerMessage() {
  const client = useRealtimeClient()
  const [state, setState] = useState<Rows>(rows.initial)
  useEffect(
    () =>
      client.listen(TOPIC, {
        onMessage: (message: Message) =>
          flushSync(() => setState((before) => rows.reduce(before, message as Message<never>))),
      }),
    [client],
  )
  return state.map((value, index) => <Cells key={index} index={index} value={value} />)
}

const subjects: Readonly<Record<string, () => ReactNode>> = {
  everwire: () => Array.from({ length: ROWS }, (_, index) => <Row key={index} index={index} />),
  'one render per message': () => <OneRenderPerMessage />,
}

const counts: Counts = { messages: 0, commits: 0, frames: 0, longFrames: 0, mostCommits: 0 }
window.counts = counts
const client = createClient({ url: '/realtime' })
window.isLive = () => client.topicStatus(TOPIC) === 'live'

let before = { at: performance.now(), commits: 0, messages: 0 }
function frame(at: number): void {
  if (counts.messages > before.messages) {
    counts.frames++
    if (at - before.at > 50) counts.longFrames++
    counts.mostCommits = Math.max(counts.mostCommits, counts.commits - before.commits)
  }
  before = { at, commits: counts.commits, messages: counts.messages }
  requestAnimationFrame(frame)
}
requestAnimationFrame(frame)

const subject = subjects[new URLSearchParams(location.search).get('subject') ?? '']!
createRoot(document.getElementById('root')!).render(
  <RealtimeProvider client={client}>
    <Profiler id="rows" onRender={() => counts.commits++}>
      <table>
        <tbody>{subject()}</tbody>
      </table>
    </Profiler>
  </RealtimeProvider>,
)
