import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtimeEvent } from 'everwire'
import { TransportPicker } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** Radio buttons for the transports, which say why one of them is not usable. */
const meta: Meta<typeof TransportPicker> = { title: 'Components/TransportPicker', component: TransportPicker }
export default meta
type Story = StoryObj<typeof TransportPicker>

function Reader() {
  useRealtimeEvent(useStory().topic('counter'), '*', () => {})
  return null
}

export const SaysWhatIsInUse: Story = {
  render: (args) => (
    <>
      <TransportPicker {...args} />
      <Reader />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('in use')
    await userEvent.click(canvas.getByRole('radio', { name: 'Long polling' }))
    await expect(canvas.getByRole('radio', { name: 'Long polling' })).toBeChecked()
  },
}

/** The WebSocket is refused and the stream swallowed: each says so, and what to look at. */
export const SaysWhyATransportIsNotUsable: Story = {
  ...SaysWhatIsInUse,
  parameters: { everwire: { fault: 'muted' } },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('not usable: refused')
    await canvas.findByText('not usable: held back by a proxy')
    await expect(canvas.getByRole('radio', { name: 'WebSocket' })).toHaveAccessibleDescription(/Upgrade and Connection/)
  },
}
