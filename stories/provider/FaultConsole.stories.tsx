import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { ConnectionStatus } from '../../demo-server/page/connection/ConnectionStatus.tsx'
import { LadderCard } from '../../demo-server/page/connection/LadderCard.tsx'
import { Trail } from '../../demo-server/page/connection/Trail.tsx'
import { Proof } from '../../demo-server/page/proof/Proof.tsx'
import { useStory } from '../support/story.ts'

/** Every fault of the demo server at hand: each switch breaks one part of the path of this story's client alone. */
const meta: Meta = { title: 'Provider/Fault console', parameters: { everwire: { onDemand: true } } }
export default meta

function Console() {
  const { id } = useStory()
  return (
    <>
      <ConnectionStatus />
      <div className="cards console">
        <LadderCard clientId={id} />
        <Proof name={id} />
        <Trail />
      </div>
    </>
  )
}

/** Break one rung after the other, mend everything, and see that nothing got lost. */
export const BreakItYourself: StoryObj = {
  render: () => <Console />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const count = (figure: string) => Number(canvas.getByTestId(figure).textContent.replaceAll(/\D/g, ''))
    await canvas.findByText('Live over WebSocket')
    await waitFor(() => expect(count('received')).toBeGreaterThan(5))

    await userEvent.click(canvas.getByRole('button', { name: 'Break the WebSocket' }))
    await canvas.findByText('Live over Server-Sent Events')
    await userEvent.click(canvas.getByRole('button', { name: 'Break SSE' }))
    await canvas.findByText('Live over long polling')
    await userEvent.click(canvas.getByRole('button', { name: 'Mend everything' }))
    await canvas.findByText('Live over WebSocket', {}, { timeout: 25_000 })

    const before = count('received')
    await waitFor(() => expect(count('received')).toBeGreaterThan(before + 10))
    await expect([count('lost'), count('doubled'), count('out-of-order')]).toEqual([0, 0, 0])
  },
}
