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

interface Recovery {
  readonly rung: RungName
  /** From a cut of all TCP connections to the message that was published at that moment. */
  readonly reconnectMs: number
  /** Bytes down for each byte of a binary message of 32 000 bytes. */
  readonly binaryFactor: number
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
  const recoveries: Recovery[] = []
  const onPage = async <Result>(work: (page: Page) => Promise<Result>) => {
    const page = await browser.newPage()
    // What the page is given was compiled to keep the names of functions.
    await page.addInitScript('globalThis.__name = (value) => value')
    await page.goto(`http://127.0.0.1:${wire.port}/`)
    await page.waitForFunction(() => 'everwire' in window)
    const result = await work(page)
    await page.close()
    return result
  }
  let limits: Limits
  try {
    for (const perSecond of RATES) {
      for (const rung of RUNGS) {
        samples.push(await onPage((page) => measure(page, wire, demo.realtime, rung, perSecond)))
      }
    }
    for (const rung of RUNGS) {
      for (let cut = 0; cut < CUTS; cut++) {
        recoveries.push(await onPage((page) => recover(page, wire, demo.realtime, rung)))
      }
    }
    limits = await onPage((page) =>
      countConnections(page, `http://127.0.0.1:${(http.address() as AddressInfo).port}/stats`),
    )
  } finally {
    await browser.close()
    wire.stop()
    await demo.stop()
    http.closeAllConnections()
    http.close()
  }
  print(samples)
  printRecoveries(recoveries, limits)
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
  const setUpMs = await listen(page, topic, rung)
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

const CUTS = 9
const BINARY_BYTES = 32_000

/** One page, one cut: how soon a client that is cut again and again comes back is another matter. */
async function recover(page: Page, wire: Wire, realtime: DemoServer['realtime'], rung: RungName): Promise<Recovery> {
  const topic = `chat:recover-${crypto.randomUUID()}`
  await listen(page, topic, rung)
  const heard = async (count: number) => {
    await page.waitForFunction(
      (count) => (window as unknown as { latencies: number[] }).latencies.length >= count,
      count,
    )
  }
  await pause(3_000)
  wire.cut()
  await realtime.publish(topic, 'message', { name: 'bench', text: String(now()) })
  await heard(1)
  const reconnectMs = await page.evaluate(() => (window as unknown as { latencies: number[] }).latencies[0]!)
  const before = wire.bytes.down
  await realtime.publish(topic, 'message', new Uint8Array(BINARY_BYTES).fill(7))
  await heard(2)
  return { rung, reconnectMs, binaryFactor: (wire.bytes.down - before) / BINARY_BYTES }
}

type Limits = Readonly<Record<RungName, number>>

const ASKED = 300

/** How many connections of each kind Chromium holds to one host over HTTP/1.1 when a page asks for 300. */
async function countConnections(page: Page, statsUrl: string): Promise<Limits> {
  const settle = async (count: () => Promise<number>) => {
    let last = -1
    for (let next = await count(); next !== last; next = await count()) {
      last = next
      await pause(3_000)
    }
    return last
  }
  const seen = async () => {
    const { tutorial } = (await (await fetch(statsUrl)).json()) as { tutorial: Record<'rooms' | 'polls', number> }
    return tutorial
  }
  await page.evaluate((asked) => {
    const url = `${location.origin.replace('http', 'ws')}/tutorial/rooms`
    const sockets = Array.from({ length: asked }, () => new WebSocket(url))
    Object.assign(window, { end: () => sockets.forEach((socket) => socket.close()) })
  }, ASKED)
  const websocket = await settle(async () => (await seen()).rooms)
  await endAll(page)
  await page.evaluate((asked) => {
    const streams = Array.from({ length: asked }, () => new EventSource('/tutorial/events'))
    Object.assign(window, {
      end: () => streams.forEach((stream) => stream.close()),
      open: () => streams.filter(({ readyState }) => readyState === EventSource.OPEN).length,
    })
  }, ASKED)
  const sse = await settle(() => page.evaluate(() => (window as unknown as { open(): number }).open()))
  await endAll(page)
  await page.evaluate((asked) => {
    const gone = new AbortController()
    for (let n = 0; n < asked; n++) {
      fetch(`/tutorial/poll?topic=limits&n=${n}`, { signal: gone.signal }).catch(() => {})
    }
    Object.assign(window, { end: () => gone.abort() })
  }, ASKED)
  const longpoll = await settle(async () => (await seen()).polls)
  await endAll(page)
  return { websocket, sse, longpoll }
}

const endAll = (page: Page) => page.evaluate(() => (window as unknown as { end(): void }).end())

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
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Listens to a topic over one transport; returns the milliseconds it took. `latencies` is told to the page's window. */
const listen = (page: Page, topic: string, rung: RungName): Promise<number> =>
  page.evaluate(
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
            latencies.push(performance.timeOrigin + performance.now() - Number((data as { text?: string }).text))
          },
          onStatus: (status) => status === 'live' && resolve(),
        }),
      )
      return performance.now() - begin
    },
    [topic, rung] as const,
  )

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

function printRecoveries(recoveries: readonly Recovery[], limits: Limits): void {
  console.log(
    `\nAfter a cut of all connections, median of ${CUTS}; a binary message of ${BINARY_BYTES} bytes; connections that`,
  )
  console.log(`one page of ${ASKED} gets to one host over HTTP/1.1.\n`)
  console.log('| transport | cut to next message | bytes for a byte | connections |')
  console.log('| --- | --: | --: | --: |')
  for (const rung of RUNGS) {
    const runs = recoveries.filter((recovery) => recovery.rung === rung)
    const times = runs.map(({ reconnectMs }) => reconnectMs).toSorted((a, b) => a - b)
    const took = `${times[CUTS >> 1]!.toFixed(0)} ms (${times[0]!.toFixed(0)} to ${times.at(-1)!.toFixed(0)})`
    console.log(`| ${rung} | ${took} | ${runs[0]!.binaryFactor.toFixed(2)} | ${limits[rung]} |`)
  }
}
