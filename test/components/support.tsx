import axe from 'axe-core'
import { render, type RenderResult } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect } from 'vitest'
import { ClientContext } from '../../src/react/client-context.ts'
import type { FakeClient } from '../support/fake-client.ts'

/** Renders below a client that a test speaks for. */
export const renderWith = (client: FakeClient, children: ReactNode): RenderResult =>
  render(children, {
    wrapper: ({ children: page }) => <ClientContext.Provider value={client}>{page}</ClientContext.Provider>,
  })

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Nothing that axe knows of WCAG 2.2 AA is violated; what is only to be seen is tested in a browser. */
export async function expectAccessible(container: Element): Promise<void> {
  const { violations } = await axe.run(container, {
    runOnly: { type: 'tag', values: WCAG },
    // They judge whole pages, and colours that jsdom does not compute.
    rules: { region: { enabled: false }, 'color-contrast': { enabled: false }, 'heading-order': { enabled: false } },
  })
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
}
