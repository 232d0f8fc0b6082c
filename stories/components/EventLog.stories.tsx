import type { Meta, StoryObj } from '@storybook/react-vite'
import { EventLog, type EventLogProps } from 'everwire/components'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { setRate } from '../support/faults.ts'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** What happens, as a list of which only what can be seen is in the page. */
const meta: Meta<typeof EventLog> = { title: 'Components/EventLog', component: EventLog }
export default meta
type Story = StoryObj<typeof EventLog>

function Log(props: EventLogProps) {
  const { id, topic } = useStory()
  return (
    <>
      <EventLog {...props} topics={topic('counter')} />
      <p>
        <button type="button" className="button" onClick={() => void setRate(id, 200)}>
          200 messages a second
        </button>
      </p>
    </>
  )
}

/** Hundreds of entries, some dozens of rows; it follows the newest one. */
export const RendersOnlyWhatIsSeen: Story = {
  args: { limit: 1000 },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '200 messages a second' }))
    await canvas.findByText(/^(\d{3,}) entries/)
    const log = canvas.getByRole('log')
    await waitFor(() => expect(log.scrollTop).toBeGreaterThan(1000))
    await expect(log.querySelectorAll('[data-kind]').length).toBeLessThan(60)
  },
}

/** Paused it stands still, and says how many came meanwhile. */
export const StandsStillWhilePaused: Story = {
  ...RendersOnlyWhatIsSeen,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findAllByText('count')
    await userEvent.click(canvas.getByRole('button', { name: 'Pause' }))
    await canvas.findByText(/more meanwhile/)
    await userEvent.click(canvas.getByRole('button', { name: 'Go on' }))
    await waitFor(() => expect(canvas.queryByText(/more meanwhile/)).toBeNull())
  },
}

/** The filter looks in what the rows say. */
export const ShowsWhatMatches: Story = {
  ...RendersOnlyWhatIsSeen,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findAllByText('count')
    await userEvent.type(canvas.getByRole('searchbox', { name: 'Filter' }), 'connection')
    await waitFor(() => expect(canvas.queryByText('count')).toBeNull())
    await canvas.findAllByText('connection')
  },
}
