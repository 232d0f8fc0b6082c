import type { Meta, StoryObj } from '@storybook/react-vite'
import { latest, live, type Message, useRealtime, windowed } from 'everwire'
import { useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { useStory } from '../support/story.ts'

/** `live`, `latest` and `windowed` define state outside components, so that several share it. */
const meta: Meta = { title: 'Hooks/Definitions' }
export default meta

const total = (topic: string) =>
  live({
    topic,
    name: 'total',
    initial: 0,
    reduce: (sum, { data }: Message<Numbered>) => sum + data.n,
    replay: 'all',
  })

function Total({ name }: { readonly name: string }) {
  const { data: sum } = useRealtime(total(useStory().topic('counter')))
  return (
    <p>
      {name}: <output data-testid={name}>{sum}</output>
    </p>
  )
}

/** Two components, one definition: one state, which both show at every moment. */
export const TwoComponentsShareOneState: StoryObj = {
  render: () => (
    <>
      <Total name="left" />
      <Total name="right" />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const left = await canvas.findByTestId('left')
    await waitFor(() => expect(Number(left.textContent)).toBeGreaterThan(50))
    await expect(canvas.getByTestId('right')).toHaveTextContent(left.textContent)
  },
}

function Newest() {
  const topic = useStory().topic('counter')
  const [newest] = useState(() => latest<Numbered>(topic))
  const [three] = useState(() => windowed<Numbered>(topic, 3))
  const { data: message } = useRealtime(newest)
  const { data: messages } = useRealtime(three)
  return (
    <>
      <p>Newest: {message?.data.n ?? 'none yet'}</p>
      <p data-testid="three">The last three: {messages.map(({ data }) => data.n).join(', ')}</p>
    </>
  )
}

/** The newest message alone, and a window of three: numbers that follow each other. */
export const TheNewestAndTheLastThree: StoryObj = {
  render: () => <Newest />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Newest: \d/)
    await waitFor(() => expect(canvas.getByTestId('three').textContent.match(/\d+/g)).toHaveLength(3))
    const numbers = canvas.getByTestId('three').textContent.match(/\d+/g)!.map(Number)
    await expect(numbers).toEqual([numbers[0], numbers[0]! + 1, numbers[0]! + 2])
  },
}
