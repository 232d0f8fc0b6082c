import type { Meta, StoryObj } from '@storybook/react-vite'
import { useConnection, useRealtimeEvent } from 'everwire'
import { ConnectionBadge } from 'everwire/components'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { setFaults } from '../support/faults.ts'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
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
  parameters: { everwire: { fault: 'refused', transport: 'websocket', isPatient: true } },
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Reconnecting')
    const seen: number[] = []
    await waitFor(() => {
      const [, seconds] = /Retrying in (\d+) s/.exec(canvasElement.textContent) ?? []
      if (seconds && seen.at(-1) !== Number(seconds)) seen.push(Number(seconds))
      return expect(seen.some((before, index) => seen[index + 1] === before - 1)).toBe(true)
    })
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

function Cut() {
  const { id } = useStory()
  const status = useConnection((connection) => connection.status)
  return (
    <p className="row">
      <button type="button" className="button" onClick={() => void setFaults(id, { websocket: 'refuse' })}>
        Cut
      </button>
      The connection is {status}.
    </p>
  )
}

/** A trouble that is shorter than `graceMs` is not shown: who reads the page cannot do anything about it. */
export const ShortTroublesAreNotShown: Story = {
  args: { graceMs: 60_000 },
  parameters: { everwire: { transport: 'websocket' } },
  render: (args) => (
    <>
      <ConnectionBadge {...args} />
      <Cut />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Live over WebSocket')
    await userEvent.click(canvas.getByRole('button', { name: 'Cut' }))
    await canvas.findByText('The connection is reconnecting.')
    await expect(canvas.getByText('Live over WebSocket')).toBeVisible()
  },
}

/** In a page that is written from right to left the lamp stands to the right of the text. */
export const ReadsFromRightToLeft: Story = {
  decorators: [rightToLeft],
  args: { labels: { open: 'מחובר', over: (transport) => ` דרך ${transport}` } },
  render: SaysWhatCarriesTheTraffic.render!,
  async play({ canvasElement }) {
    const text = await within(canvasElement).findByText('מחובר דרך WebSocket')
    await expectRightToLeft(canvasElement.querySelector('.ew-lamp')!, text)
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  ...SaysWhatCarriesTheTraffic,
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText('Live over WebSocket'))
  },
}
