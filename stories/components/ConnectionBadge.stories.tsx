import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtimeEvent } from 'everwire'
import { ConnectionBadge } from 'everwire/components'
import { expect, within } from 'storybook/test'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** The connection in a few words, without flicker, and with a countdown of its own. */
const meta: Meta<typeof ConnectionBadge> = { title: 'Components/ConnectionBadge', component: ConnectionBadge }
export default meta
type Story = StoryObj<typeof ConnectionBadge>

/** Something has to use the connection. */
function Reader() {
  useRealtimeEvent(useStory().topic('counter'), '*', () => {})
  return null
}

export const SaysWhatCarriesTheTraffic: Story = {
  args: { showLatency: true },
  render: (args) => (
    <>
      <ConnectionBadge {...args} />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Live over WebSocket')
  },
}

/** With the WebSocket refused it names the transport that took over. */
export const NamesTheTransportThatTookOver: Story = {
  ...SaysWhatCarriesTheTraffic,
  parameters: { everwire: { fault: 'refused' } },
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Live over Server-Sent Events')
  },
}

/** Nothing gets through: it counts the seconds to the next attempt. */
export const CountsDownToTheNextAttempt: Story = {
  ...SaysWhatCarriesTheTraffic,
  parameters: { everwire: { fault: 'refused', transport: 'websocket' } },
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Reconnecting')
    await within(canvasElement).findByText(/^Retrying (in \d+ s|now)$/)
  },
}

/** Every text can be another one, here in German. */
export const SpeaksAnotherLanguage: Story = {
  args: {
    labels: { open: 'Verbunden', over: (transport) => ` über ${transport}` },
  },
  render: SaysWhatCarriesTheTraffic.render!,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Verbunden über WebSocket')
  },
}

/** A render function says all of it. */
export const RendersWhatYouSay: Story = {
  render: () => (
    <>
      <ConnectionBadge>{({ connection }) => `The wire is ${connection.status}`}</ConnectionBadge>
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    await expect(await within(canvasElement).findByText('The wire is open')).toBeVisible()
  },
}
