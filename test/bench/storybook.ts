import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { findBrowser } from '../support/browser.ts'
import { findPort } from '../support/find-port.ts'
import { startStorybookDev } from '../support/storybook-dev.ts'

const STORY = 'hooks-userealtime--a-sent-message-comes-back'
/** What Storybook and Vite keep between starts. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/storybook', import.meta.url))

async function start(): Promise<{ readyMs: number; usableMs: number }> {
  const began = performance.now()
  const storybook = await startStorybookDev(await findPort())
  const readyMs = performance.now() - began
  const browser = await chromium.launch(await findBrowser())
  try {
    const page = await browser.newPage()
    await page.goto(`${storybook.url}/?path=/story/${STORY}`)
    await page.frameLocator('#storybook-preview-iframe').getByText('Ann: Hello 1').first().waitFor()
    return { readyMs, usableMs: performance.now() - began }
  } finally {
    await browser.close()
    await storybook.stop()
  }
}

/** Prints how long it takes from the start of Storybook's dev server to a story that has heard from the demo server. */
export async function run(): Promise<void> {
  const rows = []
  for (const kept of ['nothing', 'what the start before left', 'what the start before left']) {
    if (kept === 'nothing') await rm(CACHE, { recursive: true, force: true })
    const { readyMs, usableMs } = await start()
    rows.push({
      kept,
      'ready s': Number((readyMs / 1000).toFixed(1)),
      'first story s': Number((usableMs / 1000).toFixed(1)),
    })
  }
  console.table(rows)
}
