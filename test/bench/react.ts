import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright'
import sirv from 'sirv'
import { build } from 'vite'
import { createRealtimeServer, type RealtimeServer } from '../../src/server.ts'
import { findBrowser } from '../support/browser.ts'
import { until } from '../support/until.ts'
import type { Counts } from './react-page.tsx'

const SUBJECTS = ['everwire', 'one render per message'] as const
const MESSAGES = 10_000
/** Within what React batches by itself, so that the comparison is about messages and not about one huge task. */
const PER_SECOND = 2_000

interface Result extends Counts {
  readonly cpuMs: number
}

async function buildPage(folder: string): Promise<void> {
  const page = fileURLToPath(new URL('react-page.tsx', import.meta.url))
  await writeFile(join(folder, 'index.html'), `<div id="root"></div><script type="module" src="${page}"></script>`)
  await build({
    configFile: false,
    root: folder,
    logLevel: 'error',
    mode: 'production',
    resolve: {
      alias: [
        { find: /^everwire$/, replacement: fileURLToPath(new URL('../../src/index.ts', import.meta.url)) },
        // The production build of React leaves the Profiler silent; this one does not.
        { find: /^react-dom\/client$/, replacement: 'react-dom/profiling' },
      ],
    },
    build: { outDir: join(folder, 'dist'), target: 'es2022' },
  })
}

async function publishAll(realtime: RealtimeServer): Promise<void> {
  const start = performance.now()
  for (let next = 1; next <= MESSAGES;) {
    const due = Math.min(MESSAGES, Math.floor(((performance.now() - start) * PER_SECOND) / 1_000))
    for (; next <= due; next++) void realtime.publish('rows', 'n', next)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function measure(browser: Browser, url: string, realtime: RealtimeServer, subject: string): Promise<Result> {
  const page = await browser.newPage()
  const tools = await page.context().newCDPSession(page)
  await tools.send('Performance.enable')
  const taskSeconds = async () => {
    const { metrics } = await tools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value
  }
  await page.goto(`${url}/?subject=${encodeURIComponent(subject)}`)
  await page.waitForFunction(() => window.isLive())
  const before = await page.evaluate(() => ({ ...window.counts }))
  const busyBefore = await taskSeconds()
  await publishAll(realtime)
  await page.waitForFunction((all) => window.counts.messages >= all, MESSAGES, { timeout: 300_000 })
  const after = await page.evaluate(() => ({ ...window.counts }))
  const cpuMs = ((await taskSeconds()) - busyBefore) * 1_000
  await page.close()
  return { ...after, commits: after.commits - before.commits, cpuMs }
}

/**
 * Prints what 10 000 messages into 200 mounted rows cost a page in Chromium: commits, frames and time of the main
 * thread, for `useRealtime` with `select` in each row and for one state that is rendered for each message.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'everwire-bench-'))
  await buildPage(folder)
  const realtime = createRealtimeServer({
    topics: { rows: { history: 2 * MESSAGES } },
    limits: { replayMessages: MESSAGES, replayBytes: 8_388_608, behindMs: 300_000 },
  })
  const serveFiles = sirv(join(folder, 'dist'))
  const http = createServer((request, response) =>
    serveFiles(request, response, () => void response.writeHead(404).end()),
  )
  realtime.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const browser = await chromium.launch(await findBrowser())
  try {
    const results: Result[] = []
    for (const subject of SUBJECTS) {
      const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
      results.push(await measure(browser, url, realtime, subject))
      await until('the page to be gone', () => realtime.connections === 0)
    }
    console.log(
      `react: ${MESSAGES} messages, ${PER_SECOND} a second, into 200 rows, Chromium ${browser.version()}, loopback`,
    )
    console.table(
      results.map((result, index) => ({
        subject: SUBJECTS[index],
        messages: result.messages,
        commits: result.commits,
        frames: result.frames,
        'most commits a frame': result.mostCommits,
        'frames over 50 ms': result.longFrames,
        'main thread ms': Math.round(result.cpuMs),
        share: `1/${(results.at(-1)!.cpuMs / result.cpuMs).toFixed(1)}`,
      })),
    )
  } finally {
    await browser.close()
    await realtime.stop()
    http.closeAllConnections()
    http.close()
    await rm(folder, { recursive: true })
  }
}
