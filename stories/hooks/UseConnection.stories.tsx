import type { Meta, StoryObj } from '@storybook/react-vite'
import { type ConnectionSnapshot, explainVerdict, useConnection, useRealtime, useRealtimeClient } from 'everwire'
import { useRef } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { setFaults } from '../support/faults.ts'
import { figureIn } from '../support/figures.ts'
import { SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/** The connection: its status, transport, latency, and the verdicts about transports that were given up. */
const meta: Meta = { title: 'Hooks/useConnection' }
export default meta

function Connection() {
  const { status, transport } = useConnection()
  return (
    <p>
      The connection is {status}
      {transport && ` over ${transport}`}.
    </p>
  )
}

/** Reading a topic is what opens the connection. */
function Reader() {
  useRealtime(useStory().topic('counter'), { last: 1 })
  return null
}

/** A topic that somebody reads is what opens the connection. */
export const OpensWithTheFirstTopic: StoryObj = {
  render: () => (
    <>
      <Connection />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    await within(canvasElement).findByText('The connection is open over websocket.')
  },
}

/** Looking at the connection does not open it. */
export const StaysIdleWhileNobodyReads: StoryObj = {
  render: () => <Connection />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('The connection is idle.')
  },
}

function Why() {
  const { trail } = useConnection()
  return (
    <ul>
      {trail.map((verdict) => (
        <li key={`${verdict.at} ${verdict.transport}`}>
          <strong>
            {verdict.transport}: {verdict.reason}
          </strong>
          <p className="explain">{explainVerdict(verdict)}</p>
        </li>
      ))}
    </ul>
  )
}

/** A transport that is not used has a verdict, and a verdict has advice for whoever runs the proxy. */
export const SaysWhyATransportIsNotUsed: StoryObj = {
  parameters: { everwire: { fault: 'muted' } },
  render: () => (
    <section className="card" aria-label="Verdicts">
      <Connection />
      <Why />
      <Reader />
    </section>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('websocket: refused')
    await canvas.findByText('sse: muted')
    await canvas.findByText(/A proxy buffers the stream/)
  },
}

function Transport() {
  const transport = useConnection((connection) => connection.transport)
  const renders = useRef(0)
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <p>
      {/* oxlint-disable-next-line react/refs -- See above. */}
      {transport ?? 'nothing yet'}, after {renders.current} renders
    </p>
  )
}

/** With a selector only what it returns counts: two values, two renders. */
export const RendersOnlyWhatIsSelected: StoryObj = {
  render: () => (
    <>
      <Transport />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('websocket, after 2 renders')
    await expect(canvas.queryByText('nothing yet', { exact: false })).toBeNull()
  },
}

function Trouble() {
  const { id } = useStory()
  const connection = useConnection()
  const waits = 'retryAt' in connection && connection.retryAt !== null
  return (
    <section className="card" aria-label="Trouble">
      <p>The connection is {connection.status}.</p>
      {'attempt' in connection && (
        <p>
          {connection.attempt} attempts failed in a row; the next one {waits ? 'is due' : 'runs'}.
        </p>
      )}
      <p>{connection.error?.message ?? 'Nothing is wrong.'}</p>
      <p className="row">
        <button type="button" className="button" onClick={() => void setFaults(id, {})}>
          Mend
        </button>
      </p>
    </section>
  )
}

/** Nothing gets through: it says why, how often it tried, and that it tries again, until the path is mended. */
export const SaysThatItTriesAgain: StoryObj = {
  parameters: { everwire: { fault: 'refused', transport: 'websocket' } },
  render: () => (
    <>
      <Trouble />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The connection is reconnecting.')
    await canvas.findByText(/^[2-9] attempts failed in a row/)
    await expect(canvas.queryByText('Nothing is wrong.')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByText('The connection is open.')
    await canvas.findByText('Nothing is wrong.')
  },
}

function Switch() {
  const client = useRealtimeClient()
  return (
    <p className="row">
      <button type="button" className="button" onClick={() => client.disconnect()}>
        Disconnect
      </button>
      <button type="button" className="button" onClick={() => client.connect()}>
        Connect
      </button>
    </p>
  )
}

/** Closed on purpose it is suspended, which is no error, until somebody connects again. */
export const IsSuspendedOnPurpose: StoryObj = {
  render: () => (
    <>
      <Trouble />
      <Switch />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The connection is open.')
    await userEvent.click(canvas.getByRole('button', { name: 'Disconnect' }))
    await canvas.findByText('The connection is suspended.')
    await expect(canvas.getByText('Nothing is wrong.')).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Connect' }))
    await canvas.findByText('The connection is open.')
  },
}

/** A token that the server refuses fails the connection for good: nothing goes round until there is another one. */
export const FailsForGoodWhereTheTokenIsRefused: StoryObj = {
  render: () => (
    <SignedOut>
      {(signIn) => (
        <>
          <Trouble />
          <p className="row">
            <button type="button" className="button primary" onClick={signIn}>
              Sign in
            </button>
          </p>
          <Reader />
        </>
      )}
    </SignedOut>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('The connection is failed.')
    await canvas.findByText(/did not accept the credentials/)
    await userEvent.click(canvas.getByRole('button', { name: 'Sign in' }))
    await canvas.findByText('The connection is open.')
  },
}

const latencyOf = (connection: ConnectionSnapshot) => (connection.status === 'open' ? (connection.latency ?? 0) : 0)
const isNear = (a: number, b: number) => Math.abs(a - b) < 5000

function RoughLatency() {
  const renders = useRef(0)
  const latency = useConnection(latencyOf, isNear)
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <p>
      About {Math.round(latency / 5000) * 5} s, in {/* oxlint-disable-next-line react/refs -- See above. */}
      <span data-testid="renders">{renders.current}</span> renders
    </p>
  )
}

function ExactLatency() {
  const latency = useConnection(latencyOf)
  return <p>{latency === 0 ? 'Not measured' : `Measured: ${latency.toFixed(2)} ms`}</p>
}

/** With `isEqual` what is near enough is no change: round trips are measured, and nothing is rendered for them. */
export const NearEnoughIsNoChange: StoryObj = {
  render: () => (
    <>
      <RoughLatency />
      <ExactLatency />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    await within(canvasElement).findByText(/^Measured: \d/)
    await waitFor(() => expect(figureIn(canvasElement, 'renders')).toBe(1))
  },
}
