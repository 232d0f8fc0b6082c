import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { onTestFinished } from 'vitest'
import type * as Client from '../../src/client.ts'
import { createRealtimeServer, type RealtimeServer, type RealtimeServerOptions } from '../../src/server.ts'

declare global {
  interface Window {
    /** `everwire/client`, as a page of a test finds it. */
    everwire: typeof Client
  }
}

const HTML = `<!doctype html><title>client</title><script type="module">
import * as everwire from '/assets/client.js'
window.everwire = everwire
</script>`

export type ServePage = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * Bundles `everwire/client` for a page, with what it loads on demand, and serves it: `/` is an empty page that has it as
 * `window.everwire`. Returns a listener for requests that says whether the request was its own.
 */
export async function buildClientPage(): Promise<ServePage> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        preserveEntrySignatures: 'strict',
        input: { client: fileURLToPath(new URL('../../src/client.ts', import.meta.url)) },
        output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name]-[hash].js' },
      },
    },
  })) as Rolldown.RolldownOutput
  const files = new Map(
    built.output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])),
  )
  return (request, response) => {
    const path = request.url ?? ''
    const code = files.get(path)
    if (code === undefined && path !== '/') return false
    response.setHeader('content-type', code === undefined ? 'text/html' : 'text/javascript')
    response.end(code ?? HTML)
    return true
  }
}

/** A realtime server and the page of its clients on one origin. */
export interface ClientSite {
  readonly realtime: RealtimeServer
  readonly port: number
  readonly url: string
  /** WebSockets that were asked for so far. */
  readonly upgrades: number
}

/**
 * Starts a site that ends with the test.
 * @param others - serves what is neither the server's nor the page's
 * @param isAway - while it says so, nobody is found at `/realtime`
 */
export async function startClientSite(
  servePage: ServePage,
  options: RealtimeServerOptions,
  { others, isAway = () => false }: { readonly others?: ServePage; readonly isAway?: () => boolean } = {},
): Promise<ClientSite> {
  const realtime = createRealtimeServer(options)
  const http = createServer((request, response) => {
    if (isAway() && request.url?.startsWith('/realtime')) return void response.destroy()
    const isServed = realtime.handle(request, response) || servePage(request, response) || others?.(request, response)
    if (!isServed) response.writeHead(404).end()
  })
  let upgrades = 0
  http.on('upgrade', (request, socket, head) => {
    upgrades++
    if (isAway() || !realtime.handleUpgrade(request, socket, head)) socket.destroy()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await realtime.stop()
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  return {
    realtime,
    port,
    url: `http://127.0.0.1:${port}`,
    get upgrades() {
      return upgrades
    },
  }
}
