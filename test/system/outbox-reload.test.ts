import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { findBrowser } from '../support/browser.ts'
import { buildClientPage, type ServePage, startClientSite } from '../support/client-page.ts'
import { until } from '../support/until.ts'

let browser: Browser
let servePage: ServePage

beforeAll(async () => {
  servePage = await buildClientPage()
  browser = await chromium.launch(await findBrowser())
}, 120_000)

afterAll(() => browser?.close())

/** A page and a server that stores what it is sent, slowly enough to be interrupted. */
async function startSite() {
  /** Numbers in the order they were stored. */
  const log: number[] = []
  let isAway = false
  const onPublish = async ({ data }: { readonly data: unknown }) => {
    await new Promise((resolve) => setTimeout(resolve, 2))
    log.push(data as number)
  }
  const { realtime, url } = await startClientSite(
    servePage,
    { topics: { chat: { clientSend: true, history: 10_000, onPublish } } },
    { isAway: () => isAway },
  )
  return {
    realtime,
    url,
    log,
    /** While it is set, clients find nobody. */
    setAway: (away: boolean) => void (isAway = away),
  }
}

/** Opens a client in the page that keeps its sends, and notes how those of earlier pages end. */
async function openOutbox(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.waitForFunction(() => 'everwire' in window)
  await page.evaluate(() => {
    const ended: string[] = []
    const client = window.everwire.createClient({
      url: '/realtime',
      outbox: {
        persist: 'ada',
        onRestored: ({ data }, outcome) => ended.push(`${String(data)} ${'id' in outcome ? 'acked' : outcome.code}`),
      },
    })
    Object.assign(window, { client, ended, errors: [] })
    client.connect()
  })
}

const send = (page: Page, first: number, count: number) =>
  page.evaluate(
    ([from, many]) => {
      const { client } = window as unknown as { client: ReturnType<typeof window.everwire.createClient> }
      for (let n = from!; n < from! + many!; n++) void client.send('chat:lobby', 'n', n).catch(() => {})
    },
    [first, count],
  )

const kept = (page: Page) =>
  page.evaluate(async () => {
    const [database] = (await indexedDB.databases()).filter(({ name }) => name?.startsWith('everwire-outbox'))
    if (!database) return 0
    const opening = indexedDB.open(database.name!)
    await new Promise((resolve) => (opening.onsuccess = resolve))
    const counting = opening.result.transaction('sends').objectStore('sends').count()
    await new Promise((resolve) => (counting.onsuccess = resolve))
    opening.result.close()
    return counting.result
  })

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('a reload in the middle of sending loses nothing, doubles nothing and keeps the order', async () => {
  const { url, log } = await startSite()
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await openOutbox(page, url)
  let next = 1
  for (let round = 0; round < 4; round++) {
    await send(page, next, 50)
    // Nothing goes out before it is written down: what follows the first of them is safe too.
    await until('some of them to be stored', () => log.some((n) => n >= next))
    next += 50
    await openOutbox(page, url)
  }
  await until('all to be stored', () => new Set(log).size >= next - 1)
  // The hook sees a repeat before its key is compared: what is stored twice is told apart by the history alone.
  const { messages } = await page.evaluate(async () => {
    const { client } = window as unknown as { client: ReturnType<typeof window.everwire.createClient> }
    const found: number[] = []
    for await (const { data } of client.stream<number>('chat:lobby', { replay: 'all' })) {
      found.push(data)
      if (new Set(found).size >= 200) break
    }
    return { messages: found }
  })
  expect(messages).toEqual(range(200))
  await expect.poll(() => kept(page)).toBe(0)
}, 60_000)

test('what was sent while the server was away is sent by the next page, and each end is told', async () => {
  const site = await startSite()
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  site.setAway(true)
  await openOutbox(page, site.url)
  await send(page, 1, 20)
  await expect.poll(() => kept(page)).toBe(20)
  await openOutbox(page, site.url)
  expect(site.log).toEqual([])
  site.setAway(false)
  await until('all to be stored', () => site.log.length >= 20)
  expect(site.log).toEqual(range(20))
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { ended: string[] }).ended))
    .toEqual(range(20).map((n) => `${n} acked`))
  expect(await kept(page)).toBe(0)
})

test('a second tab leaves alone what a living one still has to send, and takes it when that one is gone', async () => {
  const site = await startSite()
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const [first, second] = [await context.newPage(), await context.newPage()]
  site.setAway(true)
  await openOutbox(first, site.url)
  await send(first, 1, 3)
  await expect.poll(() => kept(first)).toBe(3)
  await openOutbox(second, site.url)
  await send(second, 4, 1)
  await expect.poll(() => kept(second)).toBe(4)
  site.setAway(false)
  await until('each to send its own', () => site.log.length >= 4)
  expect(await second.evaluate(() => (window as unknown as { ended: string[] }).ended)).toEqual([])
  site.setAway(true)
  await site.realtime.disconnect({ user: '' }, 4100)
  await send(first, 5, 2)
  await expect.poll(() => kept(first)).toBe(2)
  await first.close()
  await openOutbox(second, site.url)
  site.setAway(false)
  await until('the second to send what the first left', () => site.log.length >= 6)
  expect(site.log.slice(4)).toEqual([5, 6])
})
