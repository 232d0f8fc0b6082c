import type { Meta, StoryObj } from '@storybook/react-vite'
import { describeLogEntry, EventLog, type EventLogProps } from 'everwire/components'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { setFaults, setRate } from '../support/faults.ts'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
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
      <p className="row">
        <button type="button" className="button" onClick={() => void setRate(id, 200)}>
          200 messages a second
        </button>
        <button type="button" className="button" onClick={() => void setFaults(id, { websocket: 'refuse' })}>
          Refuse the WebSocket
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

/** A fallback in the log: what was lost, the verdict, and what carries on. */
export const TellsOfAFallback: Story = {
  args: { limit: 1000, filter: ({ kind }) => kind !== 'message' },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Live')
    await userEvent.click(canvas.getByRole('button', { name: 'Refuse the WebSocket' }))
    await canvas.findByText(/^refused: /)
    await canvas.findByText('sse')
  },
}

/** Cleared, it begins anew; what the filter leaves out stays out. */
export const SaysThatNothingHappened: Story = {
  args: { filter: ({ kind }) => kind === 'reset' },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Nothing happened yet.')
    await userEvent.click(canvas.getByRole('button', { name: 'Clear' }))
    await expect(canvas.getByText('Nothing happened yet.')).toBeVisible()
  },
}

/** Every text can be another one, here in German; what stands in a line is what `describe` says. */
export const SpeaksAnotherLanguage: Story = {
  args: {
    labels: {
      log: 'Ereignisse',
      filter: 'Suche',
      pause: 'Anhalten',
      resume: 'Weiter',
      clear: 'Leeren',
      copy: 'Als JSON kopieren',
      count: (shown) => `${shown} Einträge`,
    },
    describe: (entry) => ({ ...describeLogEntry(entry), what: entry.kind === 'message' ? 'Nachricht' : 'Zustand' }),
  },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findAllByText('Nachricht')
    await canvas.findByText(/^\d+ Einträge$/)
    await canvas.findByRole('log', { name: 'Ereignisse' })
    await userEvent.click(canvas.getByRole('button', { name: 'Anhalten' }))
    await canvas.findByRole('button', { name: 'Weiter' })
  },
}

/** A render function says what a row is. */
export const RendersWhatYouSay: Story = {
  args: { children: ({ kind, id }) => `entry ${id} is of the kind ${kind}` },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText(/^entry 5 is of the kind message$/)
  },
}

/** In a page that is written from right to left a row begins on the right. */
export const ReadsFromRightToLeft: Story = {
  decorators: [rightToLeft],
  args: {
    labels: { log: 'אירועים', filter: 'סינון', pause: 'השהה', clear: 'נקה' },
    filter: ({ kind }) => kind !== 'message',
  },
  render: (args) => <Log {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const status = await canvas.findByText('Live')
    await expectRightToLeft(status.parentElement!.querySelector('time')!, status)
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  ...TellsOfAFallback,
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText('Live'))
  },
}
