import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ListeningDemoServer, listenDemoServer } from '../../demo-server/listen.ts'
import { findBrowser } from '../support/browser.ts'

let browser: Browser
let server: ListeningDemoServer
let staticDir: string

beforeAll(async () => {
  staticDir = await mkdtemp(join(tmpdir(), 'everwire-page-'))
  await build({ mode: 'demo', logLevel: 'error', build: { outDir: staticDir, emptyOutDir: true } })
  server = await listenDemoServer({ staticDir })
  browser = await chromium.launch(await findBrowser())
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  if (staticDir) await rm(staticDir, { recursive: true })
})

/** Chromium itself reports connections that were broken on purpose; everything else on the console is a mistake. */
const BROKEN_ON_PURPOSE = /^(WebSocket connection to '.*\/realtime\/|Failed to load resource)/

interface VisitOptions {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
}

async function visit({ width = 1280, scheme = 'light' }: VisitOptions = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !BROKEN_ON_PURPOSE.test(message.text())) complaints.push(message.text())
  })
  const name = crypto.randomUUID()
  await page.goto(`${server.url}/?client=${name}&room=${name}`)
  return { page, complaints }
}

/** How fast the ladder moves is the benchmark's business; here it only has to move. */
const runsOver = (page: Page, transport: string) =>
  page.getByTestId('status').getByText(`Live over ${transport}`).waitFor({ timeout: 30_000 })

const pick = (page: Page, group: string, fault: string) =>
  page.getByRole('group', { name: group }).getByText(fault, { exact: true }).click()

const countOf = async (page: Page, figure: string) =>
  Number((await page.getByTestId(figure).textContent())?.replaceAll(/\D/g, ''))

async function expectMore(page: Page) {
  const before = await countOf(page, 'received')
  await expect.poll(() => countOf(page, 'received'), { timeout: 20_000 }).toBeGreaterThan(before + 20)
}

const flaws = async (page: Page) => ({
  lost: await countOf(page, 'lost'),
  doubled: await countOf(page, 'doubled'),
  outOfOrder: await countOf(page, 'out-of-order'),
  resets: await page.getByTestId('resets').count(),
})

const NO_FLAWS = { lost: 0, doubled: 0, outOfOrder: 0, resets: 0 }

test(
  'a visitor breaks one transport after the other, mends them, and nothing is lost',
  { timeout: 120_000 },
  async () => {
    const { page, complaints } = await visit()
    await runsOver(page, 'WebSocket')
    await page.getByLabel('Messages a second').fill('5')
    await expectMore(page)

    await page.getByRole('button', { name: 'Break the WebSocket' }).click()
    await runsOver(page, 'Server-Sent Events')
    await expectMore(page)
    await expect.poll(() => page.getByTestId('rung-websocket').textContent()).toContain('Given up')

    await page.getByRole('button', { name: 'Break SSE' }).click()
    await runsOver(page, 'long polling')
    await expectMore(page)

    await page.getByRole('button', { name: 'Mend everything' }).click()
    await runsOver(page, 'WebSocket')
    await expectMore(page)
    expect(await flaws(page)).toEqual(NO_FLAWS)
    expect(complaints).toEqual([])
  },
)

test.for(['Hang', 'Silence', 'Drop', 'Strip'])(
  'a WebSocket that goes %s in mid-life is left and found again',
  { timeout: 120_000 },
  async (fault) => {
    const { page, complaints } = await visit()
    await runsOver(page, 'WebSocket')
    await pick(page, 'Break WebSocket', fault)
    await runsOver(page, 'Server-Sent Events')
    await expectMore(page)
    await pick(page, 'Break WebSocket', 'OK')
    await runsOver(page, 'WebSocket')
    await expectMore(page)
    expect(await flaws(page)).toEqual(NO_FLAWS)
    expect(complaints).toEqual([])
  },
)

test.for(['Buffer', 'Withhold'])(
  'with the WebSocket refused and streams on %s the page long polls',
  { timeout: 120_000 },
  async (fault) => {
    const { page, complaints } = await visit()
    await runsOver(page, 'WebSocket')
    await pick(page, 'Break Server-Sent Events', fault)
    await page.getByRole('button', { name: 'Break the WebSocket' }).click()
    await runsOver(page, 'long polling')
    await pick(page, 'Break long polling', 'Lossy')
    await expectMore(page)
    expect(await flaws(page)).toEqual(NO_FLAWS)
    expect(complaints).toEqual([])
  },
)

test('a message waits while sending is blocked, and arrives once when it is mended', { timeout: 120_000 }, async () => {
  const { page, complaints } = await visit()
  await runsOver(page, 'WebSocket')
  await page.getByRole('button', { name: 'Break everything' }).click()
  await runsOver(page, 'long polling')
  await page.getByLabel('Message', { exact: true }).fill('Does this arrive?')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  const log = page.getByRole('log')
  await log.getByText('sending…').waitFor()
  await page.getByRole('button', { name: 'Mend everything' }).click()
  await log.getByText('sending…').waitFor({ state: 'detached', timeout: 30_000 })
  // Sent may be heard of before the message itself.
  await expect.poll(() => log.getByText('Does this arrive?').count()).toBe(1)
  expect(complaints).toEqual([])
})

test('the switches are radio groups that the keyboard moves', { timeout: 60_000 }, async () => {
  const { page } = await visit()
  await runsOver(page, 'WebSocket')
  await page.getByRole('group', { name: 'Break WebSocket' }).getByRole('radio', { name: 'OK' }).focus()
  await page.keyboard.press('ArrowRight')
  await runsOver(page, 'Server-Sent Events')
})

test('three topics and a counter share one connection, in StrictMode too', { timeout: 60_000 }, async () => {
  await expect.poll(() => server.demo.realtime.connections).toBe(0)
  const { page } = await visit()
  await runsOver(page, 'WebSocket')
  await page.getByText('AMBR', { exact: true }).waitFor()
  await expectMore(page)
  expect(server.demo.realtime.connections).toBe(1)
})

test.for([390, 1280])('at %i pixels nothing hangs over the edge', { timeout: 60_000 }, async (width) => {
  const { page } = await visit({ width, scheme: 'dark' })
  await runsOver(page, 'WebSocket')
  await page.getByRole('button', { name: 'Break everything' }).click()
  await page.getByText('AMBR', { exact: true }).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
})
