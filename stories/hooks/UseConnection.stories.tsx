import type { Meta, StoryObj } from '@storybook/react-vite'
import { useConnection, useRealtime } from 'everwire'
import { within } from 'storybook/test'
import { withDemoServer } from '../support/needs-demo-server.tsx'
import { WithClient } from '../support/with-client.tsx'

function Connection() {
  const { status, transport } = useConnection()
  return (
    <p>
      The connection is {status}
      {transport && ` over ${transport}`}.
    </p>
  )
}

function ConnectionInUse({ topic }: { readonly topic: string }) {
  useRealtime(topic)
  return <Connection />
}

const meta: Meta = { title: 'Hooks/useConnection', decorators: [withDemoServer] }
export default meta

/** A topic that somebody reads is what opens the connection. */
export const OpensWithTheFirstTopic: StoryObj = {
  render: () => <WithClient>{(clientId) => <ConnectionInUse topic={`chat:${clientId}`} />}</WithClient>,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('The connection is open over websocket.', {}, { timeout: 5000 })
  },
}

/** Looking at the connection does not open it. */
export const StaysIdleWhileNobodyReads: StoryObj = {
  render: () => <WithClient>{() => <Connection />}</WithClient>,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('The connection is idle.')
  },
}
