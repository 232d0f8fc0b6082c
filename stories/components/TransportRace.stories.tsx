import type { Meta, StoryObj } from '@storybook/react-vite'
import { TransportRace } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import 'everwire/styles.css'

/** Measure it yourself: the transports side by side, from this browser to the demo server. */
const meta: Meta<typeof TransportRace> = {
  title: 'Components/TransportRace',
  component: TransportRace,
  parameters: { everwire: { onDemand: true } },
}
export default meta

export const MeasuresFromThisBrowser: StoryObj<typeof TransportRace> = {
  args: { durationMs: 2000 },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Start the race' }))
    const table = await canvas.findByRole('columnheader', { name: 'Reconnected after' }, { timeout: 40_000 })
    await expect(table).toBeVisible()
    await expect(canvas.queryAllByText('–')).toHaveLength(0)
    await canvas.findByRole('button', { name: 'Copy as Markdown' })
  },
}
