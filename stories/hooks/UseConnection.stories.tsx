import type { Meta, StoryObj } from '@storybook/react-vite'
import { explainVerdict, useConnection, useRealtime } from 'everwire'
import { useRef } from 'react'
import { expect, within } from 'storybook/test'
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
