import { chromium } from 'playwright'
import { expect, onTestFinished, test } from 'vitest'
import { findBrowser } from '../support/browser.ts'
import { findPort } from '../support/find-port.ts'
import { startStorybookDev } from '../support/storybook-dev.ts'
import { visitStrictly } from '../support/strict-page.ts'

const PAGES = [
  ['/story/hooks-userealtime--a-sent-message-comes-back', 'Ann: Hello 1'],
  ['/docs/guide-welcome--docs', 'Status: live'],
  ['/docs/hooks-userealtime--docs', 'Called by the store once per message'],
  ['/docs/components-connectionbadge--docs', 'graceMs'],
  ['/story/hooks-contract--what-arrives-is-what-the-schema-made', 'Ann: Hello there (2 words)'],
] as const

test('the dev server shows stories and docs, live and without an error', { timeout: 180_000 }, async () => {
  const storybook = await startStorybookDev(await findPort())
  onTestFinished(() => storybook.stop())
  const browser = await chromium.launch(await findBrowser())
  onTestFinished(() => browser.close())
  for (const [path, text] of PAGES) {
    const { preview, complaints, loads } = await visitStrictly(browser, `${storybook.url}/?path=${path}`)
    await preview.getByText(text).first().waitFor({ timeout: 60_000 })
    expect(complaints).toEqual([])
    expect(loads()).toBe(1)
  }
})
