import type { Meta, StoryObj } from '@storybook/react-vite'
import { useConnection, useRealtime } from 'everwire'
import { useEffect, useState } from 'react'
import { within } from 'storybook/test'
import { setFaults } from '../support/faults.ts'
import { withDemoServer } from '../support/needs-demo-server.tsx'
import { WithClient } from '../support/with-client.tsx'

function Numbers({ topic }: { readonly topic: string }) {
  const { transport, trail } = useConnection()
  const { data: total } = useRealtime(topic, { initial: 0, reduce: (count: number) => count + 1, last: 0 })
  return (
    <>
      <p>
        {total} messages, now over {transport ?? 'nothing'}
      </p>
      <ul>
        {trail.map(({ transport: failed, reason, at }) => (
          <li key={at}>
            {failed}: {reason}
          </li>
        ))}
      </ul>
    </>
  )
}

interface BrokenProps {
  readonly clientId: string
  readonly faults: Readonly<Record<string, string>>
}

/** Breaks the path before anybody uses it. */
function Broken({ clientId, faults }: BrokenProps) {
  const [isBroken, setBroken] = useState(false)
  const [mended, setMended] = useState(false)
  useEffect(() => {
    void setFaults(clientId, faults).then(() => setBroken(true))
  }, [clientId, faults])
  const mend = () => void setFaults(clientId, { websocket: 'ok', sse: 'ok' }).then(() => setMended(true))
  if (!isBroken) return <p>Breaking the path…</p>
  return (
    <>
      <Numbers topic={`counter:${clientId}`} />
      <button type="button" onClick={mend} disabled={mended}>
        Mend
      </button>
    </>
  )
}

const meta: Meta = { title: 'Provider/FallsBack', decorators: [withDemoServer] }
export default meta

const REFUSED = { websocket: 'refuse' }
const REFUSED_AND_MUTED = { websocket: 'refuse', sse: 'mute' }

/** A proxy refuses the WebSocket, so the page uses the next best. */
export const ToSseWhenTheWebSocketIsRefused: StoryObj = {
  render: () => <WithClient>{(clientId) => <Broken clientId={clientId} faults={REFUSED} />}</WithClient>,
  async play({ canvasElement }) {
    await within(canvasElement).findByText(/now over sse/, {}, { timeout: 10_000 })
  },
}

/** The stream is swallowed too: what is left is asking again and again. */
export const ToLongPollingWhenTheStreamIsMuted: StoryObj = {
  render: () => <WithClient>{(clientId) => <Broken clientId={clientId} faults={REFUSED_AND_MUTED} />}</WithClient>,
  async play({ canvasElement }) {
    await within(canvasElement).findByText(/now over longpoll/, {}, { timeout: 10_000 })
  },
}

/** The path is mended: the better transport is found again, beside the traffic. */
export const AndClimbsBackWhenMended: StoryObj = {
  render: () => <WithClient>{(clientId) => <Broken clientId={clientId} faults={REFUSED} />}</WithClient>,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/now over sse/, {}, { timeout: 10_000 })
    canvas.getByRole('button', { name: 'Mend' }).click()
    await canvas.findByText(/now over websocket/, {}, { timeout: 20_000 })
  },
}
