import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
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

/** Twenty symbols, and each of them moves about once a second. */
export const TwentySymbolsMove: StoryObj = {
  render: () => <Market />,
  async play({ canvasElement }) {
    const prices = () => [...canvasElement.querySelectorAll('.quote .price')].map(({ textContent }) => textContent)
    await waitFor(() => expect(prices()).toHaveLength(20))
    const moved = new Set<number>()
    const before = prices()
    await waitFor(
      () => {
        prices().forEach((price, index) => price !== before[index] && moved.add(index))
        return expect(moved.size).toBe(20)
      },
      { timeout: 15_000 },
    )
  },
}
