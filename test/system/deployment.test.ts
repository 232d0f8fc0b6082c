import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createMemoryEngine, memoryBackplane } from '../../src/server.ts'
import { findBrowser } from '../support/browser.ts'
import { buildClientPage, type ClientSite, type ServePage, startClientSite } from '../support/client-page.ts'
import { findPort } from '../support/find-port.ts'
import { findProgram } from '../support/find-program.ts'
import { type RungName, RUNGS } from '../support/rungs.ts'

// What the guide says of proxies, with real ones, in the words of its own page.

const GUIDE = new URL('../../stories/guide/Deployment.mdx', import.meta.url)

let browser: Browser
let servePage: ServePage
let folder: string
const configs = { nginx: '', haproxy: '' }

beforeAll(async () => {
  // One after the other: on a new machine both may have to be installed.
  await findProgram('nginx')
  await findProgram('haproxy')
  browser = await chromium.launch(await findBrowser())
  servePage = await buildClientPage()
  folder = await mkdtemp(join(tmpdir(), 'everwire-proxies-'))
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  await writeFile(join(folder, 'site.key'), key)
  await writeFile(join(folder, 'site.pem'), cert)
  await writeFile(join(folder, 'both.pem'), `${cert}\n${key}`)
  const text = await readFile(GUIDE, 'utf8')
  for (const name of ['nginx', 'haproxy'] as const) {
    configs[name] = new RegExp(`^\`\`\`${name}\n(.*?)^\`\`\`$`, 'ms').exec(text)![1]!
  }
}, 600_000)

afterAll(async () => {
  await browser?.close()
  if (folder) await rm(folder, { recursive: true })
})

/** Replaces each of these, which must all be there: a page that says something else is another test. */
function replaceAll(text: string, words: Readonly<Record<string, string>>): string {
  for (const [word, other] of Object.entries(words)) {
    expect(text).toContain(word)
    text = text.replaceAll(word, other)
  }
  return text
}

/** Two instances that know of each other, as many as a proxy may choose from. */
async function startInstances() {
  const engine = createMemoryEngine()
  const options = () => ({
    topics: { chat: { history: 1000, clientSend: true } },
    backplane: memoryBackplane({ engine }),
  })
  return [await startClientSite(servePage, options()), await startClientSite(servePage, options())] as const
}

/** Runs a proxy until the test ends, and returns its origin when it answers. */
async function startProxy(name: keyof typeof configs, config: string, args: readonly string[], port: number) {
  const file = join(folder, `${name}-${port}.conf`)
  await writeFile(file, config)
  const child = spawn(await findProgram(name), [...args, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  onTestFinished(() => end(child))
  await expect
    .poll(async () => (child.exitCode === null ? isOpen(port) : `${name} ended: ${said}`), { timeout: 20_000 })
    .toBe(true)
  return `https://127.0.0.1:${port}`
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isThere = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return isThere
}

/** What the guide's server block lacks to be all of nginx. */
async function startNginx([site]: readonly [ClientSite, ClientSite], change = (config: string) => config) {
  const port = await findPort()
  const server = replaceAll(change(configs.nginx), {
    'listen 443': `listen 127.0.0.1:${port}`,
    '/etc/nginx/': `${folder}/`,
    '127.0.0.1:3000': `127.0.0.1:${site.port}`,
  })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind}-${port};`,
  )
  const config = `daemon off; pid ${folder}/nginx-${port}.pid; error_log stderr; worker_processes 1;
    events {}
    http { access_log off; ${temporary.join(' ')}
    ${server} }`
  return startProxy('nginx', config, ['-e', 'stderr', '-c'], port)
}

async function startHaproxy(sites: readonly [ClientSite, ClientSite]) {
  const port = await findPort()
  const config = replaceAll(configs.haproxy, {
    'bind :443': `bind 127.0.0.1:${port}`,
    '/etc/haproxy/site.pem': join(folder, 'both.pem'),
    '127.0.0.1:3000': `127.0.0.1:${sites[0].port}`,
    '127.0.0.1:3001': `127.0.0.1:${sites[1].port}`,
  })
  return startProxy('haproxy', config, ['-db', '-f'], port)
}

/** A page on the proxy's origin; only `/realtime` goes through the proxy. */
async function openPage(origin: string, site: ClientSite): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.route(
    (url) => !url.pathname.startsWith('/realtime'),
    async (route) => {
      const { pathname } = new URL(route.request().url())
      const answer = await fetch(site.url + pathname)
      const contentType = answer.headers.get('content-type') ?? 'text/plain'
      await route.fulfill({ status: answer.status, contentType, body: await answer.text() })
    },
  )
  // What the page is given was compiled to keep the names of functions.
  await page.addInitScript('globalThis.__name = (value) => value')
  await page.goto(`${origin}/`)
  await page.waitForFunction(() => 'everwire' in window)
  return page
}

/** Listens over these transports; `heard` is what the page heard, in order. */
async function listen(page: Page, rungs: readonly RungName[]) {
  await page.evaluate((rungs) => {
    const { createClient, eventStream, longPoll, webSocket } = window.everwire
    const transports = { websocket: webSocket, sse: eventStream, longpoll: longPoll }
    const client = createClient({
      url: '/realtime',
      storage: false,
      transports: rungs.map((rung) => transports[rung]()),
    })
    const heard: unknown[] = []
    client.on('chat:lobby', '*', ({ data }) => void heard.push(data))
    Object.assign(window, { client, heard })
  }, rungs)
  return {
    heard: () => page.evaluate(() => (window as unknown as { heard: unknown[] }).heard),
    connection: () =>
      page.evaluate(() => {
        const { client } = window as unknown as { client: ReturnType<typeof window.everwire.createClient> }
        const { status, transport, trail } = client.connection.getSnapshot()
        return { status, transport, reasons: trail.map((verdict) => `${verdict.transport} ${verdict.reason}`) }
      }),
    send: (data: unknown) =>
      page.evaluate(async (data) => {
        const { client } = window as unknown as { client: ReturnType<typeof window.everwire.createClient> }
        await client.send('chat:lobby', 'message', data)
      }, data),
    protocols: () =>
      page.evaluate(() => [
        ...new Set(
          performance
            .getEntriesByType('resource')
            .filter(({ name }) => name.includes('/realtime/'))
            .map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol),
        ),
      ]),
  }
}

/** What the page's requests went over; a WebSocket is none of them. */
const PROTOCOLS: Readonly<Record<RungName, readonly string[]>> = { websocket: [], sse: ['h2'], longpoll: ['h2'] }

const PATIENCE = { timeout: 20_000 }

/** Messages of the server and of the page itself arrive once, in order, through whatever is between. */
async function proveRung(origin: string, sites: readonly [ClientSite, ClientSite], rung: RungName) {
  const page = await openPage(origin, sites[0])
  const { heard, connection, send, protocols } = await listen(page, [rung])
  await expect.poll(connection, PATIENCE).toMatchObject({ status: 'open', transport: rung })
  const sent: string[] = []
  for (let n = 0; n < 10; n++) {
    // Each is heard before the next one: what is between holds nothing back.
    await sites[n % 2]!.realtime.publish('chat:lobby', 'message', `server ${n}`)
    await send(`page ${n}`)
    sent.push(`server ${n}`, `page ${n}`)
    await expect.poll(heard, PATIENCE).toEqual(sent)
  }
  return protocols()
}

test.for(RUNGS)('through the nginx of the guide, over HTTP/2: %s', { timeout: 60_000 }, async (rung) => {
  const sites = await startInstances()
  expect(await proveRung(await startNginx(sites), sites, rung)).toEqual(PROTOCOLS[rung])
})

test.for(RUNGS)('through the HAProxy of the guide to two instances: %s', { timeout: 60_000 }, async (rung) => {
  const sites = await startInstances()
  expect(await proveRung(await startHaproxy(sites), sites, rung)).toEqual(PROTOCOLS[rung])
})

const withoutUpgrade = (config: string) => config.replaceAll(/^ *proxy_set_header (Upgrade|Connection).*$/gm, '')

test('nginx that passes no upgrade on is found out, and the stream is taken', { timeout: 60_000 }, async () => {
  const sites = await startInstances()
  const origin = await startNginx(sites, withoutUpgrade)
  const { connection } = await listen(await openPage(origin, sites[0]), RUNGS)
  await expect.poll(connection, PATIENCE).toEqual({ status: 'open', transport: 'sse', reasons: ['websocket refused'] })
})

test('nginx that holds streams back is found out, and long polling is taken', { timeout: 60_000 }, async () => {
  const sites = await startInstances()
  const origin = await startNginx(sites, (config) =>
    withoutUpgrade(config).replace(/proxy_http_version.*$/m, 'proxy_ignore_headers X-Accel-Buffering;'),
  )
  const { connection, heard, send } = await listen(await openPage(origin, sites[0]), RUNGS)
  // Long polling was faster, and is in use before it is certain that the stream is held back.
  await expect.poll(connection, PATIENCE).toEqual({
    status: 'open',
    transport: 'longpoll',
    reasons: ['websocket refused', expect.stringMatching(/^sse (muted|hung)$/)],
  })
  await send('through')
  await expect.poll(heard, PATIENCE).toEqual(['through'])
})
