import type { Meta, StoryObj } from '@storybook/react-vite'
import { EverwireError, useRealtimeClient, useSend } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { useStory } from '../support/story.ts'

/** Sends to a topic without listening to it. The promise settles exactly once, with where it was stored or why not. */
const meta: Meta = { title: 'Hooks/useSend' }
export default meta

function Sender() {
  const send = useSend(useStory().topic('chat'))
  const client = useRealtimeClient()
  const [outcomes, setOutcomes] = useState<readonly string[]>([])
  const attempt = async (text: string, key?: string) => {
    const place = outcomes.length
    const settle = (outcome: string) => setOutcomes((before) => before.with(place, outcome))
    setOutcomes((before) => [...before, 'on its way'])
    try {
      const { duplicate } = await send('message', { name: 'Ann', text }, { ...(key && { key }) })
      settle(duplicate ? 'was stored before' : 'stored')
    } catch (error) {
      settle(error instanceof EverwireError ? error.code : String(error))
    }
  }
  const [key] = useState(() => crypto.randomUUID())
  return (
    <section className="card" aria-label="Sender">
      <p className="row">
        <button type="button" className="button primary" onClick={() => void attempt('Hello')}>
          Send
        </button>
        <button type="button" className="button" onClick={() => void attempt('Once', key)}>
          Send with the same key
        </button>
        <button type="button" className="button" onClick={() => void attempt('')}>
          Send nonsense
        </button>
        <button type="button" className="button" onClick={() => client.disconnect()}>
          Disconnect
        </button>
        <button type="button" className="button" onClick={() => client.connect()}>
          Connect
        </button>
      </p>
      <ol aria-label="Outcomes">
        {outcomes.map((outcome, index) => (
          <li key={index}>{outcome}</li>
        ))}
      </ol>
    </section>
  )
}

const press = async (canvasElement: HTMLElement, name: string) =>
  userEvent.click(await within(canvasElement).findByRole('button', { name }))

/** A send that was written to two wires, one taking over from the other, is stored once and answered twice. */
const STORED: unknown = expect.stringContaining('stored')

const outcomes = (canvasElement: HTMLElement) =>
  within(canvasElement)
    .getAllByRole('listitem')
    .map(({ textContent }) => textContent)

/** Resolved means stored, not merely written to a socket. */
export const ResolvesWhenStored: StoryObj = {
  render: () => <Sender />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
  },
}

/** A send waits in the outbox while there is no connection, and goes out with the next one. */
export const WaitsForTheConnection: StoryObj = {
  render: () => <Sender />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Disconnect')
    await press(canvasElement, 'Send')
    await expect(outcomes(canvasElement)).toEqual(['on its way'])
    await press(canvasElement, 'Connect')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
  },
}

/** A key makes repeating harmless: the server knows it and stores nothing. */
export const ARepeatedKeyIsStoredOnce: StoryObj = {
  render: () => <Sender />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send with the same key')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
    await press(canvasElement, 'Send with the same key')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED, 'was stored before']))
  },
}

/** What the server does not take is an error of this send alone; the connection goes on. */
export const TheServerMayRefuse: StoryObj = {
  render: () => <Sender />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send nonsense')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['rejected']))
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['rejected', STORED]))
  },
}
