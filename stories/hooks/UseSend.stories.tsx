import type { Meta, StoryObj } from '@storybook/react-vite'
import { EverwireError, type SendDefaults, useRealtimeClient, useSend } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { useStory } from '../support/story.ts'
import { CONTROLS, FIXED, UseSendOptions } from './hook-options.tsx'

/** Sends to a topic without listening to it. The promise settles exactly once, with where it was stored or why not. */
const meta: Meta<typeof UseSendOptions> = {
  title: 'Hooks/useSend',
  component: UseSendOptions,
  argTypes: { timeoutMs: CONTROLS.timeoutMs, whenOffline: CONTROLS.whenOffline, signal: FIXED },
  args: { timeoutMs: 30_000, whenOffline: 'queue' },
}
export default meta
type Story = StoryObj<typeof UseSendOptions>

function Sender(defaults: SendDefaults) {
  const send = useSend(useStory().topic('chat'), defaults)
  const client = useRealtimeClient()
  const [outcomes, setOutcomes] = useState<readonly string[]>([])
  const attempt = async (text: string, key?: string) => {
    const place = outcomes.length
    const settle = (outcome: string) => setOutcomes((before) => before.with(place, outcome))
    setOutcomes((before) => [...before, 'on its way'])
    try {
      const { duplicate, dropped } = await send('message', { name: 'Ann', text }, { ...(key && { key }) })
      settle(dropped ? 'dropped' : duplicate ? 'was stored before' : 'stored')
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
export const ResolvesWhenStored: Story = {
  render: (args) => <Sender {...args} />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
  },
}

/** A send waits in the outbox while there is no connection, and goes out with the next one. */
export const WaitsForTheConnection: Story = {
  render: (args) => <Sender {...args} />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Disconnect')
    await press(canvasElement, 'Send')
    await expect(outcomes(canvasElement)).toEqual(['on its way'])
    await press(canvasElement, 'Connect')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
  },
}

/** A key makes repeating harmless: the server knows it and stores nothing. */
export const ARepeatedKeyIsStoredOnce: Story = {
  render: (args) => <Sender {...args} />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send with the same key')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED]))
    await press(canvasElement, 'Send with the same key')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual([STORED, 'was stored before']))
  },
}

/** What the server does not take is an error of this send alone; the connection goes on. */
export const TheServerMayRefuse: Story = {
  render: (args) => <Sender {...args} />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Send nonsense')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['rejected']))
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['rejected', STORED]))
  },
}

/** With `whenOffline: 'reject'` a send does not wait: it fails at once while the connection is known to be away. */
export const FailsAtOnceWhileAway: Story = {
  render: (args) => <Sender {...args} />,
  args: { whenOffline: 'reject' },
  async play({ canvasElement }) {
    await press(canvasElement, 'Disconnect')
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['offline']))
    await press(canvasElement, 'Connect')
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['offline', STORED]))
  },
}

/** With `whenOffline: 'drop'` it resolves, and says that it was dropped: for what is worth nothing later. */
export const WhatIsWorthNothingLaterIsDropped: Story = {
  render: (args) => <Sender {...args} />,
  args: { whenOffline: 'drop' },
  async play({ canvasElement }) {
    await press(canvasElement, 'Disconnect')
    await press(canvasElement, 'Send')
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['dropped']))
  },
}

/** With `timeoutMs` it is tried for so long. */
export const GivesUpAfterItsTime: Story = {
  render: (args) => <Sender {...args} />,
  args: { timeoutMs: 500 },
  async play({ canvasElement }) {
    await press(canvasElement, 'Disconnect')
    await press(canvasElement, 'Send')
    await expect(outcomes(canvasElement)).toEqual(['on its way'])
    await waitFor(() => expect(outcomes(canvasElement)).toEqual(['timed-out']))
  },
}

function Withdrawn() {
  const send = useSend(useStory().topic('chat'))
  const client = useRealtimeClient()
  const [abort] = useState(() => new AbortController())
  const [outcome, setOutcome] = useState('not sent')
  const start = () => {
    client.disconnect()
    setOutcome('on its way')
    send('message', { name: 'Ann', text: 'Hello' }, { signal: abort.signal }).then(
      () => setOutcome('stored'),
      (error: unknown) => setOutcome(error instanceof EverwireError ? error.code : String(error)),
    )
  }
  return (
    <section className="card" aria-label="Withdrawn">
      <p className="row">
        <button type="button" className="button primary" onClick={start}>
          Send while away
        </button>
        <button type="button" className="button" onClick={() => abort.abort()}>
          Withdraw
        </button>
      </p>
      <p>The message: {outcome}</p>
    </section>
  )
}

/** A signal withdraws a send that still waits. */
export const ASignalWithdrawsIt: Story = {
  render: () => <Withdrawn />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await press(canvasElement, 'Send while away')
    await canvas.findByText('The message: on its way')
    await press(canvasElement, 'Withdraw')
    await canvas.findByText('The message: aborted')
  },
}
