import type { Meta, StoryObj } from '@storybook/react-vite'
import { createClient, RealtimeProvider, useConnection, useRealtime, useRealtimeClient } from 'everwire'
import { type ReactNode, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { useStory } from '../support/story.ts'

/**
 * Gives a client to all hooks below: one of your own, made at module scope, or one that it makes of a `url` and closes
 * when it has been gone for a while.
 */
const meta: Meta<typeof RealtimeProvider> = { title: 'Provider/RealtimeProvider', component: RealtimeProvider }
export default meta
type Story = StoryObj<typeof RealtimeProvider>

function Messages({ name }: { readonly name: string }) {
  const topic = useStory().topic('counter')
  const { data: count } = useRealtime(topic, { initial: 0, reduce: (seen: number) => seen + 1, last: 0 })
  const status = useConnection((connection) => connection.status)
  return (
    <p>
      {name}: {status}, <output data-testid={name}>{count}</output> messages
    </p>
  )
}

function OfAUrl({ children }: { readonly children: ReactNode }) {
  const { id } = useStory()
  return (
    <RealtimeProvider url={`/realtime/~${id}`} storage={false}>
      {children}
    </RealtimeProvider>
  )
}

/** A URL is enough. */
export const AUrlIsEnough: Story = {
  render: () => (
    <OfAUrl>
      <Messages name="below" />
    </OfAUrl>
  ),
  async play({ canvasElement }) {
    const output = await within(canvasElement).findByTestId('below')
    await waitFor(() => expect(Number(output.textContent)).toBeGreaterThan(5))
  },
}

function Inside() {
  const client = useRealtimeClient()
  return (
    <button type="button" className="button" onClick={() => client.disconnect()}>
      Disconnect the inner one
    </button>
  )
}

function OfAClient({ children }: { readonly children: ReactNode }) {
  const { id } = useStory()
  // In an app the client is made at module scope; here each story has one of its own.
  const [client] = useState(() => createClient({ url: `/realtime/~${id}`, storage: false }))
  return <RealtimeProvider client={client}>{children}</RealtimeProvider>
}

/** Hooks use the nearest provider: two of them are two connections, and what happens to one is nothing to the other. */
export const TheNearestProviderCounts: Story = {
  render: () => (
    <>
      <Messages name="outer" />
      <OfAClient>
        <Messages name="inner" />
        <Inside />
      </OfAClient>
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const outer = await canvas.findByTestId('outer')
    await canvas.findByText(/^inner: open/)
    await userEvent.click(canvas.getByRole('button', { name: 'Disconnect the inner one' }))
    await canvas.findByText(/^inner: suspended/)
    const before = Number(outer.textContent)
    await waitFor(() => expect(Number(outer.textContent)).toBeGreaterThan(before + 5))
  },
}

const TWENTY = Array.from({ length: 20 }, (_, index) => `component ${index + 1}`)

/** Twenty components read the same topic: one connection, one subscription, one reduction of each message. */
export const TwentyComponentsOneSubscription: Story = {
  render: () => (
    <>
      {TWENTY.map((name) => (
        <Messages key={name} name={name} />
      ))}
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const outputs = await Promise.all(TWENTY.map((name) => canvas.findByTestId(name)))
    await waitFor(() => expect(Number(outputs[0]!.textContent)).toBeGreaterThan(5))
    await expect(new Set(outputs.map(({ textContent }) => textContent)).size).toBe(1)
  },
}
