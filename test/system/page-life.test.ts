import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { RealtimeClient } from '../../src/client.ts'
import type { RealtimeServer } from '../../src/server.ts'
import { findBrowser } from '../support/browser.ts'
import { buildClientPage, type ServePage, startClientSite } from '../support/client-page.ts'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { NUMBERS, TOPIC } from '../support/numbers.ts'
import { RUNGS, type RungName } from '../support/rungs.ts'
import { until } from '../support/until.ts'

const WITH_CACHE = { ignoreDefaultArgs: ['--disable-back-forward-cache'] }

let browser: Browser
let servePage: ServePage
/** A headless shell of Chromium has neither; there the page is told what a whole one would tell it. */
let browserHas = { freeze: false, cache: false }

beforeAll(async () => {
  servePage = await buildClientPage()
  browser = await chromium.launch({ ...(await findBrowser()), ...WITH_CACHE })
  browserHas = await tryOut(browser)
}, 120_000)

afterAll(() => browser?.close())

async function tryOut(tried: Browser): Promise<typeof browserHas> {
  const http = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>x</title>'))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const context = await tried.newContext()
  const page = await context.newPage()
  const devtools = await context.newCDPSession(page)
  await page.goto(url)
  await page.evaluate(() => document.addEventListener('freeze', () => (document.title = 'frozen')))
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
  await devtools.send('Page.setWebLifecycleState', { state: 'active' })
  const freeze = (await page.title()) === 'frozen'
  await page.evaluate(() => addEventListener('pageshow', () => (document.title = 'kept')))
  await page.goto(`${url}/elsewhere`)
  await page.goBack()
  const cache = (await page.title()) === 'kept'
  await context.close()
  http.closeAllConnections()
  http.close()
  return { freeze, cache }
}

declare global {
  interface Window {
    client: RealtimeClient
    heard: { numbers: number[]; resets: string[]; restored: number }
  }
}

interface Visit {
  readonly page: Page
  readonly devtools: CDPSession
  readonly realtime: RealtimeServer
  readonly url: string
  publish(this: void, count: number): Promise<void>
  heard(this: void): Promise<Window['heard']>
  /** How often the page answered a heartbeat. */
  answers(this: void): number
  /** Waits until everything was heard, and judges it. */
  expectAll(this: void): Promise<void>
}

/** Another page, to leave for. */
const serveElsewhere: ServePage = (request, response) => {
  if (request.url !== '/elsewhere') return false
  response.setHeader('content-type', 'text/html').end('<title>elsewhere</title>')
  return true
}

/** A page that hears numbers over one transport. */
async function visit(rung: RungName, heartbeatMs?: number): Promise<Visit> {
  const { realtime, url } = await startClientSite(
    servePage,
    { topics: NUMBERS, ...(heartbeatMs !== undefined && { heartbeatMs }) },
    { others: serveElsewhere },
  )
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  let answers = 0
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => void (String(payload) === '{"t":"hb"}' && answers++)),
  )
  await page.goto(url)
  await page.waitForFunction(() => 'everwire' in window)
  await page.evaluate(
    ([topic, rung]) => {
      const { createClient, eventStream, longPoll, webSocket } = window.everwire
      const transports = { websocket: webSocket, sse: eventStream, longpoll: longPoll }
      const client = createClient({ url: '/realtime', storage: false, transports: [transports[rung]()] })
      const heard: Window['heard'] = { numbers: [], resets: [], restored: 0 }
      window.heard = heard
      client.listen(topic, {
        replay: 'all',
        onMessage: ({ data }) => heard.numbers.push(data as number),
        onReset: ({ why }) => heard.resets.push(why),
      })
      window.client = client
      addEventListener('pageshow', ({ persisted }) => persisted && heard.restored++)
    },
    [TOPIC, rung] as const,
  )
  const published: number[] = []
  const heard = () => page.evaluate(() => window.heard)
  const visit: Visit = {
    page,
    devtools: await context.newCDPSession(page),
    realtime,
    url,
    async publish(count) {
      for (let left = count; left > 0; left--) {
        const number = published.length + 1
        published.push(number)
        await realtime.publish(TOPIC, 'number', number)
      }
    },
    heard,
    answers: () => answers,
    async expectAll() {
      await expect.poll(async () => (await heard()).numbers.at(-1), { timeout: 20_000 }).toBe(published.length)
      const { numbers, resets } = await heard()
      expect(judgeDelivery(published, numbers)).toEqual(FLAWLESS)
      expect(resets).toEqual([])
    },
  }
  await visit.publish(10)
  await visit.expectAll()
  return visit
}

const tell = (page: Page, target: 'document' | 'window', type: string, persisted = false) =>
  page.evaluate(
    ([target, type, persisted]) =>
      (target === 'window' ? window : document).dispatchEvent(new PageTransitionEvent(type, { persisted })),
    [target, type, persisted] as const,
  )

async function leave({ page, url }: Visit): Promise<void> {
  if (browserHas.cache) await page.goto(`${url}/elsewhere`)
  else await tell(page, 'window', 'pagehide', true)
}

async function comeBack({ page }: Visit): Promise<void> {
  if (browserHas.cache) await page.goBack()
  else await tell(page, 'window', 'pageshow', true)
}

async function setFrozen({ page, devtools }: Visit, frozen: boolean): Promise<void> {
  if (browserHas.freeze) await devtools.send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' })
  else await tell(page, 'document', frozen ? 'freeze' : 'resume')
}

test.for(RUNGS)(
  'a page in the back/forward cache holds no connection, and comes back without a loss: %s',
  { timeout: 60_000 },
  async (rung) => {
    const visitor = await visit(rung)
    const { realtime, publish, heard, expectAll } = visitor
    for (let round = 1; round <= 2; round++) {
      await leave(visitor)
      await until('the connection to be closed', () => realtime.connections === 0)
      await publish(100)
      await comeBack(visitor)
      await expectAll()
      expect((await heard()).restored, 'the page was kept, not loaded anew').toBe(round)
    }
    await until('one connection', () => realtime.connections === 1)
  },
)

test.for(RUNGS)(
  'a frozen page holds no connection, and hears all it missed when it goes on: %s',
  { timeout: 60_000 },
  async (rung) => {
    const visitor = await visit(rung)
    const { realtime, publish, expectAll } = visitor
    await setFrozen(visitor, true)
    await until('the connection to be closed', () => realtime.connections === 0)
    await publish(400)
    await setFrozen(visitor, false)
    await expectAll()
    await until('one connection', () => realtime.connections === 1)
  },
)

test(
  'a tab whose timers run once a second keeps its WebSocket by answering, and hears all',
  { timeout: 60_000 },
  async () => {
    // Whoever is silent for 2.4 heartbeats of 300 ms is ended.
    const { page, realtime, publish, answers, expectAll } = await visit('websocket', 300)
    await page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { get: () => true })
      document.dispatchEvent(new Event('visibilitychange'))
      const setTimeout = window.setTimeout.bind(window)
      window.setTimeout = ((run: () => void, ms = 0) => setTimeout(run, Math.max(ms, 1_000))) as typeof setTimeout
    })
    const since = () =>
      page.evaluate(() => {
        const now = window.client.connection.getSnapshot()
        return now.status === 'open' ? now.since : now.status
      })
    const before = await since()
    const answered = answers()
    await until('twenty heartbeats', () => answers() >= answered + 20)
    await publish(10)
    await expectAll()
    expect(await since()).toBe(before)
    expect(realtime.connections).toBe(1)
  },
)

test.for(RUNGS)('what the browser calls offline closes nothing that is open: %s', { timeout: 60_000 }, async (rung) => {
  const { page, realtime, publish, expectAll } = await visit(rung)
  await tell(page, 'window', 'offline')
  await publish(10)
  await expectAll()
  expect(await page.evaluate(() => window.client.connection.getSnapshot().status)).toBe('open')
  await tell(page, 'window', 'online')
  await publish(10)
  await expectAll()
  await until('one connection', () => realtime.connections === 1)
})
