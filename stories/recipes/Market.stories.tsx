import type { Meta, StoryObj } from '@storybook/react-vite'
import { within } from 'storybook/test'
import { MarketBoard } from '../../demo-server/page/market/MarketBoard.tsx'
import { Notices } from '../../demo-server/page/notices/Notices.tsx'
import { useStory } from '../support/story.ts'

/** A board of prices, and what is worth a notice in the same market. */
const meta: Meta = { title: 'Recipes/Market' }
export default meta

function Market() {
  const { id } = useStory()
  return (
    <>
      <MarketBoard name={id} />
      <Notices name={id} />
    </>
  )
}

/** Twenty symbols, each about once a second; only the tile whose price moved renders. */
export const TwentySymbolsMove: StoryObj = {
  render: () => <Market />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('TEAL')
  },
}
