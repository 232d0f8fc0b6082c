import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'
import sirv from 'sirv'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type ListeningDemoServer, listenDemoServer } from '../../demo-server/listen.ts'
import { buildStorybook } from '../../demo-server/storybook.ts'
import { findBrowser } from '../support/browser.ts'
import { visitStrictly } from '../support/strict-page.ts'

// Storybook as `npm start` builds and serves it.

let dir: string
let server: ListeningDemoServer
let browser: Browser
/** What `/storybook/` answered before it was built. */
let early: { readonly status: number; readonly text: string }

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everwire-storybook-'))
  const build = buildStorybook(dir)
  server = await listenDemoServer({ storybook: { dir, ready: build.done } })
  const answer = await fetch(`${server.url}/storybook/`)
  early = { status: answer.status, text: await answer.text() }
  await build.done
  browser = await chromium.launch(await findBrowser())
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  if (dir) await rm(dir, { recursive: true })
})

const visit = (url: string) => visitStrictly(browser, url)

const STORIES = [
  ['/docs/guide-welcome--docs', 'Status: live'],
  ['/docs/hooks-userealtime--docs', 'Called by the store once per message'],
  ['/story/hooks-userealtime--a-sent-message-comes-back', 'Ann: Hello 1'],
  ['/story/hooks-useeventstream--named-events-arrive-by-their-name', 'Price: 42'],
  ['/story/hooks-uselongpoll--each-message-comes-once', 'Heard: 1, 2'],
  ['/story/recipes-tabs--twenty-tabs', 'Tab 20'],
  ['/story/recipes-metrics-dashboard--counts-what-arrives', 'Live over WebSocket'],
] as const

test.for(STORIES)('%s is live in the static build', { timeout: 60_000 }, async ([path, text]) => {
  const { preview, complaints } = await visit(`${server.url}/storybook/?path=${path}`)
  await preview.getByText(text).first().waitFor({ timeout: 30_000 })
  expect(complaints).toEqual([])
})

test('while it is built a page says so, and looks again', () => {
  expect(early).toEqual({ status: 503, text: expect.stringContaining('Storybook is being built') })
})

test('the toolbar breaks and mends any story while it runs', { timeout: 60_000 }, async () => {
  const { page, preview } = await visit(
    `${server.url}/storybook/?path=/story/hooks-useconnection--opens-with-the-first-topic`,
  )
  await preview.getByText('The connection is open over websocket.').waitFor({ timeout: 30_000 })
  await page.getByRole('button', { name: /Faults: as the story says/ }).click()
  await page.getByText('WebSocket refused, SSE swallowed').click()
  await preview.getByText('The connection is open over longpoll.').waitFor({ timeout: 30_000 })
  await page.getByRole('button', { name: /WebSocket refused, SSE swallowed/ }).click()
  await page.getByText('Nothing is broken').click()
  await preview.getByText('The connection is open over websocket.').waitFor({ timeout: 30_000 })
  await page.getByRole('button', { name: /Transports: as the story says/ }).click()
  await page.getByText('Long polling only').click()
  await preview.getByText('The connection is open over longpoll.').waitFor({ timeout: 30_000 })
})

test('a story may be dark by itself in the static build', { timeout: 60_000 }, async () => {
  const lightness = async (story: string) => {
    const { preview } = await visit(`${server.url}/storybook/?path=/story/components-connectionbadge--${story}`)
    const text = preview.getByText('Live over WebSocket')
    await text.waitFor({ timeout: 30_000 })
    return text.evaluate((element) => Math.max(...getComputedStyle(element).color.match(/\d+/g)!.map(Number)))
  }
  expect(await lightness('says-what-carries-the-traffic')).toBeLessThan(150)
  expect(await lightness('follows-a-dark-page')).toBeGreaterThan(150)
})

test('a control changes the option of a story that runs', { timeout: 60_000 }, async () => {
  const { page, preview } = await visit(
    `${server.url}/storybook/?path=/story/hooks-userealtime--a-sent-message-comes-back`,
  )
  await preview.getByText('Ann: Hello 1').waitFor({ timeout: 30_000 })
  await preview.getByRole('button', { name: 'Say hello' }).click()
  await preview.getByText('Ann: Hello 2').waitFor()
  expect(await preview.getByRole('listitem').count()).toBe(2)
  await page.getByRole('tab', { name: /^Controls/ }).click()
  await page.locator('#control-last').fill('1')
  await preview.getByText('Ann: Hello 1').waitFor({ state: 'detached' })
  expect(await preview.getByRole('listitem').allTextContents()).toEqual(['Ann: Hello 2'])
})

test('the path without a slash leads to the one with it, and what is not there is not found', async () => {
  const redirected = await fetch(`${server.url}/storybook?path=/docs/guide-welcome--docs`, { redirect: 'manual' })
  expect(redirected.headers.get('location')).toBe('/storybook/?path=/docs/guide-welcome--docs')
  expect((await fetch(`${server.url}/storybook/nothing.js`)).status).toBe(404)
})

test(
  'without the demo server a story says what to do, and finds the server when it is there',
  { timeout: 60_000 },
  async () => {
    const serveFiles = sirv(dir, { single: false })
    let isThere = false
    const files = createServer((req, res) => {
      if (isThere && server.demo.handle(req, res)) return
      serveFiles(req, res, () => void res.writeHead(404).end())
    })
    files.on('upgrade', (req, socket, head) => server.demo.handleUpgrade(req, socket, head))
    onTestFinished(() => {
      files.closeAllConnections()
      files.close()
    })
    files.listen(0, '127.0.0.1')
    await once(files, 'listening')
    const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
    const { page } = await visit(`${url}/iframe.html?id=hooks-useconnection--opens-with-the-first-topic`)
    await page.getByText('npm run storybook').waitFor({ timeout: 30_000 })
    isThere = true
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('The connection is open over websocket.').waitFor({ timeout: 30_000 })
  },
)
