import type { Meta, StoryObj } from '@storybook/react-vite'
import { type TransportRecommendation, type TransportRequirements } from 'everwire'
import { TransportGuide, type TransportGuideProps } from 'everwire/components'
import { useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import { expectLightText, rightToLeft } from '../support/looks.tsx'
import 'everwire/styles.css'

/** Which transport? Some questions, and a ranking with reasons, pitfalls and the code to paste. */
const meta: Meta<typeof TransportGuide> = { title: 'Components/TransportGuide', component: TransportGuide }
export default meta
type Story = StoryObj<typeof TransportGuide>

/** A client that sends all the time wants a WebSocket; functions that live for seconds leave long polling alone. */
export const RecommendsWhatFits: Story = {
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('radio', { name: 'Both, often' }))
    await canvas.findByText('WebSocket', { selector: 'strong' })
    await userEvent.click(canvas.getByRole('radio', { name: 'Functions with seconds to live' }))
    await canvas.findByText('Long polling', { selector: 'strong' })
    await canvas.findByText(/transports: \[longPoll\(\)\]/)
  },
}

function Listening(props: TransportGuideProps) {
  const [heard, setHeard] = useState('Nothing was changed')
  const hear = ({ ranked: [best] }: TransportRecommendation, { tabs }: TransportRequirements) =>
    setHeard(`${best.transport} for ${tabs} tabs`)
  return (
    <>
      <TransportGuide {...props} onRecommend={hear} />
      <p role="status">{heard}</p>
    </>
  )
}

/** It begins with the answers that are known, and tells of each change. */
export const TellsOfEachChange: Story = {
  args: { defaultRequirements: { direction: 'both', tabs: 3 } },
  render: (args) => <Listening {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await expect(await canvas.findByRole('radio', { name: 'Both, often' })).toBeChecked()
    await userEvent.clear(canvas.getByLabelText('Tabs that one user has open'))
    await userEvent.type(canvas.getByLabelText('Tabs that one user has open'), '12')
    await canvas.findByText('websocket for 12 tabs')
  },
}

/** A render function shows the recommendation; the questions stay. */
export const RendersWhatYouSay: Story = {
  args: {
    children: ({ ranked }) => <p>In this order: {ranked.map(({ transport }) => transport).join(', ')}</p>,
  },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('radio', { name: 'Both, often' }))
    await canvas.findByText(/^In this order: websocket, /)
  },
}

/** Texts are replaceable, here some in German; what is recommended comes from `recommend`, which may speak it too. */
export const SpeaksAnotherLanguage: Story = {
  args: {
    labels: {
      guide: 'Welcher Weg?',
      recommendation: 'Empfehlung',
      first: 'Beginnen Sie mit',
      copy: 'Code kopieren',
      score: (score) => `${score} von 100`,
    },
  },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('region', { name: 'Welcher Weg?' })
    await canvas.findByText(/^Beginnen Sie mit/)
    await canvas.findByRole('button', { name: 'Code kopieren' })
  },
}

/** In a page that is written from right to left the questions are on the right, and code stays as it is. */
export const ReadsFromRightToLeft: Story = {
  decorators: [rightToLeft],
  args: { labels: { guide: 'איזו תעבורה?', recommendation: 'המלצה', first: 'התחל כאן', copy: 'העתק' } },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const radio = await canvas.findByRole('radio', { name: 'Both, often' })
    const label = radio.closest('label')!.getBoundingClientRect()
    await expect(radio.getBoundingClientRect().left).toBeGreaterThan(label.left + label.width / 2)
    const code = canvasElement.querySelector('.ew-code')!
    await expect(getComputedStyle(code).direction).toBe('ltr')
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: Story = {
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByRole('heading', { name: 'Recommendation' }))
  },
}
