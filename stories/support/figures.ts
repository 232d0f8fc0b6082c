import { within } from 'storybook/test'

/** The number that stands in the element of that test id. */
export const figureIn = (canvasElement: HTMLElement, name: string): number =>
  Number(within(canvasElement).getByTestId(name).textContent.replaceAll(/\D/g, ''))
