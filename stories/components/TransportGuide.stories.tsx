import type { Meta, StoryObj } from '@storybook/react-vite'
import { TransportGuide } from 'everwire/components'
import { userEvent, within } from 'storybook/test'
import 'everwire/styles.css'

/** Which transport? Some questions, and a ranking with reasons, pitfalls and the code to paste. */
const meta: Meta<typeof TransportGuide> = { title: 'Components/TransportGuide', component: TransportGuide }
export default meta

/** A client that sends all the time wants a WebSocket; functions that live for seconds leave long polling alone. */
export const RecommendsWhatFits: StoryObj<typeof TransportGuide> = {
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('radio', { name: 'Both, often' }))
    await canvas.findByText('WebSocket', { selector: 'strong' })
    await userEvent.click(canvas.getByRole('radio', { name: 'Functions with seconds to live' }))
    await canvas.findByText('Long polling', { selector: 'strong' })
    await canvas.findByText(/transports: \[longPoll\(\)\]/)
  },
}
