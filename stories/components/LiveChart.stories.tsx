import type { Meta, StoryObj } from '@storybook/react-vite'
import { LiveChart } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** A line on a canvas that follows a topic without rendering anything. */
const meta: Meta = { title: 'Components/LiveChart', component: LiveChart }
export default meta

interface Price {
  readonly symbol: string
  readonly price: number
}

function PriceChart({ symbol }: { readonly symbol: string }) {
  const { topic } = useStory()
  return (
    <LiveChart<Price>
      topic={topic('ticker')}
      y={({ data }) => (data.symbol === symbol ? data.price : null)}
      windowMs={30_000}
      label={`Price of ${symbol}, the last 30 seconds`}
    >
      <figcaption>{symbol}</figcaption>
    </LiveChart>
  )
}

/** One symbol of twenty, about one price a second. */
export const DrawsWhatATopicSays: StoryObj = {
  render: () => <PriceChart symbol="MOSS" />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await expect(await canvas.findByRole('img', { name: /^Price of MOSS/ })).toBeVisible()
    await userEvent.click(canvas.getByText('Show as a table'))
    await canvas.findByRole('columnheader', { name: 'Highest' })
  },
}
