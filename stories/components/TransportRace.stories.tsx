import type { Meta, StoryObj } from '@storybook/react-vite'
import { TransportRace } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
import 'everwire/styles.css'

/** Measure it yourself: the transports side by side, from this browser to the demo server. */
const meta: Meta<typeof TransportRace> = {
  title: 'Components/TransportRace',
  component: TransportRace,
  parameters: { everwire: { onDemand: true } },
}
export default meta
type Story = StoryObj<typeof TransportRace>

export const MeasuresFromThisBrowser: Story = {
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

/** Stopped in the middle, it is as it was before. */
export const StopsWhenItIsToldTo: Story = {
  args: { durationMs: 30_000 },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Start the race' }))
    await canvas.findByText('Measuring delivery…')
    await userEvent.click(canvas.getByRole('button', { name: 'Stop' }))
    await canvas.findByRole('button', { name: 'Start the race' })
    await expect(canvas.queryByRole('table')).toBeNull()
  },
}

/** A server that refuses it: the race says why, without waiting for its end, and can be tried again. */
export const SaysWhyItCouldNotBeRun: Story = {
  args: { topic: 'counter:nobody-may-send', durationMs: 20_000 },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Start the race' }))
    await canvas.findByText(/^The race could not be run: .*may not publish/)
    await canvas.findByRole('button', { name: 'Race again' })
  },
}

/** One transport alone, in another language, here German. */
export const SpeaksAnotherLanguage: Story = {
  args: {
    transports: ['websocket'],
    durationMs: 500,
    burst: 50,
    labels: { start: 'Los', done: 'Fertig', results: 'Ergebnis', copy: 'Als Markdown kopieren' },
  },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: 'Los' }))
    await canvas.findByText('Fertig', {}, { timeout: 40_000 })
    await canvas.findByRole('button', { name: 'Als Markdown kopieren' })
    await expect(canvas.getByRole('rowheader', { name: 'WebSocket' })).toBeVisible()
  },
}

/** In a page that is written from right to left the button stands to the right of what it says. */
export const ReadsFromRightToLeft: Story = {
  decorators: [rightToLeft],
  args: { labels: { race: 'מרוץ', start: 'התחל', ready: 'כעשר שניות' } },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await expectRightToLeft(await canvas.findByRole('button', { name: 'התחל' }), canvas.getByText('כעשר שניות'))
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText(/^Takes about ten seconds/))
  },
}
