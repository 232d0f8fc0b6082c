import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { chromium } from 'playwright'
import { createDemoServer, type DemoServer } from '../../demo-server/create-demo-server.ts'
import { findBrowser } from '../support/browser.ts'
import { buildClientPage } from '../support/client-page.ts'
import { RUNGS, type RungName } from '../support/rungs.ts'

// What a message costs on each transport alone: bytes beside its data, and the time from `publish` in the demo server to
// the handler in Chromium, over loopback. The browser's clock and the server's are the same machine's.

const RATES = [1, 20, 200] as const
const MESSAGES = { 1: 20, 20: 200, 200: 1000 } as const
/** A message's data as JSON: `{"name":"bench","text":"…"}`, so long. */
const DATA_BYTES = 100

const now = () => performance.timeOrigin + performance.now()
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Sample {
  readonly rung: RungName
  readonly perSecond: number
  readonly setUpMs: number
  readonly downBytes: number
  readonly upBytes: number
  readonly p50: number
  readonly p99: number
}

export async function run(): Promise<void> {
  const demo = createDemoServer({ heartbeatMs: 25_000 })
  const servePage = await buildClientPage()
  const http = createHttpServer((req, res) => {
    if (!demo.handle(req, res) && !servePage(req, res)) res.writeHead(404).end()
  })
  http.on('upgrade', (req, socket, head) => demo.handleUpgrade(req, socket, head) || socket.destroy())
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const wire = await countBytes((http.address() as AddressInfo).port)
  const browser = await chromium.launch(await findBrowser())
  const samples: Sample[] = []
  try {
    for (const perSecond of RATES) {
      for (const rung of RUNGS) {
        const page = await browser.newPage()
        // What the page is given was compiled to keep the names of functions.
        await page.addInitScript('globalThis.__name = (value) => value')
        await page.goto(`http://127.0.0.1:${wire.port}/`)
        await page.waitForFunction(() => 'everwire' in window)
        samples.push(await measure(page, wire, demo.realtime, rung, perSecond))
        await page.close()
      }
    }
  } finally {
    await browser.close()
    wire.stop()
    await demo.stop()
    http.closeAllConnections()
    http.close()
  }
  print(samples)
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof chromium.launch>>['newPage']>>
type Wire = Awaited<ReturnType<typeof countBytes>>

async function measure(
  page: Page,
  wire: Wire,
  realtime: DemoServer['realtime'],
  rung: RungName,
  perSecond: (typeof RATES)[number],
) {
  const topic = `chat:bench-${rung}-${perSecond}`
  const setUpMs = await page.evaluate(
    async ([topic, rung]) => {
      const { createClient, eventStream, longPoll, webSocket } = window.everwire
      const transports = { websocket: webSocket, sse: eventStream, longpoll: longPoll }
      const client = createClient({ url: '/realtime', storage: false, transports: [transports[rung]()] })
      const latencies: number[] = []
      Object.assign(window, { latencies })
      const begin = performance.now()
      await new Promise<void>((resolve) =>
        client.listen(topic, {
          onMessage: ({ data }) => {
            latencies.push(performance.timeOrigin + performance.now() - Number((data as { text: string }).text))
          },
          onStatus: (status) => status === 'live' && resolve(),
        }),
      )
      return performance.now() - begin
    },
    [topic, rung] as const,
  )
  const count = MESSAGES[perSecond]
  const text = () => String(now()).padEnd(DATA_BYTES - JSON.stringify({ name: 'bench', text: '' }).length, '0')
  await pause(500)
  const before = { ...wire.bytes }
  const begin = performance.now()
  for (let sent = 0; sent < count; sent++) {
    const due = begin + (sent * 1000) / perSecond
    if (due > performance.now()) await pause(due - performance.now())
    await realtime.publish(topic, 'message', { name: 'bench', text: text() })
  }
  await page.waitForFunction((count) => (window as unknown as { latencies: number[] }).latencies.length >= count, count)
  const latencies = await page.evaluate(() => (window as unknown as { latencies: number[] }).latencies)
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return {
    rung,
    perSecond,
    setUpMs,
    downBytes: (wire.bytes.down - before.down) / count - DATA_BYTES,
    upBytes: (wire.bytes.up - before.up) / count,
    p50: at(0.5),
    p99: at(0.99),
  }
}

/** A TCP relay that counts what passes and knows nothing of it. */
async function countBytes(port: number) {
  const bytes = { up: 0, down: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((outer) => {
    const inner = connect(port, '127.0.0.1')
    for (const socket of [outer, inner]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => socket.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        outer.destroy()
        inner.destroy()
      })
    }
    outer.on('data', (chunk) => (bytes.up += chunk.length))
    inner.on('data', (chunk) => (bytes.down += chunk.length))
    outer.pipe(inner)
    inner.pipe(outer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    bytes,
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function print(samples: readonly Sample[]): void {
  console.log(
    `\nOne message of ${DATA_BYTES} bytes of data, Chromium over loopback; bytes of TCP payload beside the data.\n`,
  )
  console.log('| transport | messages/s | set-up | bytes down | bytes up | p50 | p99 |')
  console.log('| --- | --: | --: | --: | --: | --: | --: |')
  for (const { rung, perSecond, setUpMs, downBytes, upBytes, p50, p99 } of samples) {
    const figures = [`${setUpMs.toFixed(0)} ms`, downBytes.toFixed(0), upBytes.toFixed(0), `${p50.toFixed(1)} ms`]
    console.log(`| ${rung} | ${perSecond} | ${figures.join(' | ')} | ${p99.toFixed(1)} ms |`)
  }
}
