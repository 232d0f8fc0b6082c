import type { Meta, StoryObj } from '@storybook/react-vite'
import { LiveChart, type LiveChartProps } from 'everwire/components'
import { expect, userEvent, within } from 'storybook/test'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** A line on a canvas that follows a topic without rendering anything. */
const meta: Meta = { title: 'Components/LiveChart', component: LiveChart }
export default meta

interface Price {
  readonly symbol: string
  readonly price: number
}

function PriceChart({ symbol, ...props }: { readonly symbol: string } & Partial<LiveChartProps<Price>>) {
  const { topic } = useStory()
  return (
    <LiveChart<Price>
      topic={topic('ticker')}
      y={({ data }) => (data.symbol === symbol ? data.price : null)}
      windowMs={30_000}
      label={`Price of ${symbol}, the last 30 seconds`}
      {...props}
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

/** `labels` and `format` are another language's, here German. */
export const SpeaksAnotherLanguage: StoryObj = {
  render: () => (
    <PriceChart
      symbol="MOSS"
      label="Preis von MOSS, die letzten 30 Sekunden"
      format={(price) => `${price.toFixed(2).replace('.', ',')} €`}
      labels={{ table: 'Als Tabelle', highest: 'Höchster', lowest: 'Niedrigster', secondsAgo: (s) => `vor ${s} s` }}
    />
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('img', { name: /^Preis von MOSS/ })
    await userEvent.click(canvas.getByText('Als Tabelle'))
    await canvas.findByRole('columnheader', { name: 'Höchster' })
    await expect((await canvas.findAllByRole('cell', { name: /^\d+,\d\d €$/ }))[0]).toBeVisible()
  },
}

/** A symbol that is not there: the table says that nothing came. */
export const SaysThatNothingCame: StoryObj = {
  render: () => <PriceChart symbol="NONE" />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByText('Show as a table'))
    await canvas.findByText('Nothing in this time.')
  },
}

/** In a page that is written from right to left the table's columns begin on the right. */
export const ReadsFromRightToLeft: StoryObj = {
  decorators: [rightToLeft],
  render: () => (
    <PriceChart
      symbol="MOSS"
      label="המחיר של MOSS"
      labels={{ table: 'הצג כטבלה', time: 'זמן', lowest: 'נמוך', highest: 'גבוה' }}
    />
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByText('הצג כטבלה'))
    const time = await canvas.findByRole('columnheader', { name: 'זמן' })
    await expectRightToLeft(time, canvas.getByRole('columnheader', { name: 'גבוה' }))
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: StoryObj = {
  render: () => <PriceChart symbol="MOSS" />,
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText('Show as a table'))
  },
}
