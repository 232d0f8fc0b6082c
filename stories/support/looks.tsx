import type { Decorator } from '@storybook/react-vite'
import { expect } from 'storybook/test'

/** The story in a page that is written from right to left. */
export const rightToLeft: Decorator = (Story) => (
  <div dir="rtl" lang="he">
    <Story />
  </div>
)

/** In a line, `first` is where lines begin: to the right of `second`. */
export async function expectRightToLeft(first: Element, second: Element): Promise<void> {
  await expect(first.getBoundingClientRect().left).toBeGreaterThanOrEqual(second.getBoundingClientRect().right)
}

/** How light an element's text is, from 0 to 255. */
const lightness = (element: Element): number => {
  const [red = 0, green = 0, blue = 0] =
    getComputedStyle(element)
      .color.match(/[\d.]+/g)
      ?.map(Number) ?? []
  return (red + green + blue) / 3
}

/** The text is written light, as in the dark scheme. */
export async function expectLightText(element: Element): Promise<void> {
  await expect(lightness(element)).toBeGreaterThan(150)
}
