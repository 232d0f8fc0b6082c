import type { Meta, StoryObj } from '@storybook/react-vite'
import { useConnection, useRealtimeEvent } from 'everwire'
import { useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { Proof } from '../../demo-server/page/proof/Proof.tsx'
import { CutAndMend } from '../support/away.tsx'
import { figureIn } from '../support/figures.ts'
import { useStory } from '../support/story.ts'

/** What happens between a cut and the next message. */
const meta: Meta = { title: 'Recipes/Recovery', parameters: { everwire: { transport: 'websocket', onDemand: true } } }
export default meta

function Recovered() {
  const story = useStory()
  const { status } = useConnection()
  const [missed, setMissed] = useState(0)
  useRealtimeEvent<Numbered>(story.topic('counter'), 'count', ({ replayed }) => {
    if (replayed) setMissed((count) => count + 1)
  })
  return (
    <>
      <p>
        The connection is {status}. Made up for so far: <output data-testid="missed">{missed}</output> messages.
      </p>
      <p className="row">
        <CutAndMend />
      </p>
      <Proof name={story.id} />
    </>
  )
}

/** The client says where it stood, the server sends everything after it: first what was missed, then live. */
export const ResumesAfterDrop: StoryObj = {
  render: () => <Recovered />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/The connection is open/)
    await waitFor(() => expect(figureIn(canvasElement, 'received')).toBeGreaterThan(5))
    await userEvent.click(canvas.getByRole('button', { name: 'Cut' }))
    await canvas.findByText(/The connection is reconnecting/)
    await userEvent.click(canvas.getByRole('button', { name: 'Mend' }))
    await waitFor(() => expect(figureIn(canvasElement, 'missed')).toBeGreaterThan(0))
    await canvas.findByText(/The connection is open/)
    const before = figureIn(canvasElement, 'received')
    await waitFor(() => expect(figureIn(canvasElement, 'received')).toBeGreaterThan(before + 10))
    await expect(['lost', 'doubled', 'out-of-order'].map((flaw) => figureIn(canvasElement, flaw))).toEqual([0, 0, 0])
  },
}
