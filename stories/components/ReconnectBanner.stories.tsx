import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtimeEvent } from 'everwire'
import { ConnectionBadge, ReconnectBanner, type ReconnectBannerProps } from 'everwire/components'
import { useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import { setFaults } from '../support/faults.ts'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
import { SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** Says that the connection has been away for a while, and lets people try at once. */
const meta: Meta<typeof ReconnectBanner> = { title: 'Components/ReconnectBanner', component: ReconnectBanner }
export default meta
type Story = StoryObj<typeof ReconnectBanner>

function Page(props: ReconnectBannerProps) {
  const { id, topic } = useStory()
  useRealtimeEvent(topic('counter'), '*', () => {})
  const [isMended, setMended] = useState(false)
  const mend = async () => {
    await setFaults(id, {})
    setMended(true)
  }
  return (
    <>
      <ReconnectBanner {...props} />
      <p className="row">
        <ConnectionBadge />
        <button type="button" className="button" disabled={isMended} onClick={() => void mend()}>
          {isMended ? 'Mended' : 'Mend'}
        </button>
      </p>
    </>
  )
}

/** Nothing gets through, and nothing comes back by itself. */
const AWAY = { everwire: { fault: 'refused', transport: 'websocket', isPatient: true } }

/** Nothing gets through, so after half a second the banner is there; once the path is mended, "Retry now" ends it. */
export const LetsPeopleRetryAtOnce: Story = {
  args: { afterMs: 500 },
  parameters: AWAY,
  render: (args) => <Page {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^The connection is lost/)
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByRole('button', { name: 'Mended' })
    await userEvent.click(canvas.getByRole('button', { name: 'Retry now' }))
    await canvas.findByText('Live over WebSocket')
    await expect(canvas.queryByText(/^The connection is lost/)).toBeNull()
  },
}

/** Every text can be another one, here in German. */
export const SpeaksAnotherLanguage: Story = {
  args: {
    afterMs: 500,
    labels: {
      reconnecting: 'Keine Verbindung. Was Sie sehen, ist vielleicht veraltet.',
      retryIn: (seconds) => `Neuer Versuch in ${seconds} s`,
      retrying: 'Neuer Versuch',
      retryNow: 'Jetzt versuchen',
    },
  },
  parameters: AWAY,
  render: (args) => <Page {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Keine Verbindung/)
    await canvas.findByRole('button', { name: 'Jetzt versuchen' })
    await canvas.findByText(/^Neuer Versuch/)
  },
}

/** A render function says all of it, with a way to try again. */
export const RendersWhatYouSay: Story = {
  args: {
    afterMs: 500,
    children: ({ connection, retryNow }) => (
      <>
        Gone ({connection.status}).{' '}
        <button type="button" className="button small" onClick={retryNow}>
          Once more
        </button>
      </>
    ),
  },
  parameters: AWAY,
  render: (args) => <Page {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Gone \(reconnecting\)/)
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await canvas.findByRole('button', { name: 'Mended' })
    await userEvent.click(await canvas.findByRole('button', { name: 'Once more' }))
    await canvas.findByText('Live over WebSocket')
    await expect(canvas.queryByText(/^Gone/)).toBeNull()
  },
}

/** The server ended the connection for good: it says why, and counts to nothing. */
export const SaysThatTheServerEndedIt: Story = {
  args: { afterMs: 0 },
  render: (args) => (
    <SignedOut>
      {(signIn) => (
        <>
          <Page {...args} />
          <button type="button" className="button primary" onClick={signIn}>
            Sign in
          </button>
        </>
      )}
    </SignedOut>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^The server ended the connection: .*credentials/)
    await expect(canvas.queryByText(/^Retrying/)).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Sign in' }))
    await canvas.findByText('Live over WebSocket')
  },
}

/** In a page that is written from right to left the button stands to the left of the text. */
export const ReadsFromRightToLeft: Story = {
  decorators: [rightToLeft],
  args: {
    afterMs: 500,
    labels: { reconnecting: 'אין חיבור', retryNow: 'עכשיו', retrying: 'מנסה', retryIn: (s) => `בעוד ${s}` },
  },
  parameters: AWAY,
  render: (args) => <Page {...args} />,
  async play({ canvasElement }) {
    const text = await within(canvasElement).findByText('אין חיבור')
    await expectRightToLeft(text, within(canvasElement).getByRole('button', { name: 'עכשיו' }))
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  args: { afterMs: 500 },
  globals: { scheme: 'dark' },
  parameters: AWAY,
  render: (args) => <Page {...args} />,
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText(/^The connection is lost/))
  },
}
