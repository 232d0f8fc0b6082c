import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtimeEvent } from 'everwire'
import { ConnectionBadge, ReconnectBanner } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import { setFaults } from '../support/faults.ts'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** Says that the connection has been away for a while, and lets people try at once. */
const meta: Meta<typeof ReconnectBanner> = { title: 'Components/ReconnectBanner', component: ReconnectBanner }
export default meta
type Story = StoryObj<typeof ReconnectBanner>

function Page({ afterMs }: { readonly afterMs?: number | undefined }) {
  const { id, topic } = useStory()
  useRealtimeEvent(topic('counter'), '*', () => {})
  return (
    <>
      <ReconnectBanner {...(afterMs !== undefined && { afterMs })} />
      <p>
        <ConnectionBadge />
      </p>
      <button type="button" className="button" onClick={() => void setFaults(id, {})}>
        Mend
      </button>
    </>
  )
}

/** Nothing gets through, so after half a second the banner is there; once the path is mended, "Retry now" ends it. */
export const LetsPeopleRetryAtOnce: Story = {
  args: { afterMs: 500 },
  parameters: { everwire: { fault: 'refused', transport: 'websocket' } },
  render: ({ afterMs }) => <Page afterMs={afterMs} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^The connection is lost/)
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Retry now' }))
    await canvas.findByText('Live over WebSocket')
    await expect(canvas.queryByText(/^The connection is lost/)).toBeNull()
  },
}
