import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createViteServer, type InlineConfig, preview } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { demoServerPlugin } from '../../demo-server/vite-plugin.ts'

async function config(options: InlineConfig['server'] = {}): Promise<InlineConfig> {
  const root = await mkdtemp(join(tmpdir(), 'everwire-vite-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const server = { host: '127.0.0.1', port: 0, ...options }
  const build = { outDir: root }
  return {
    root,
    cacheDir: join(root, '.vite'),
    configFile: false,
    logLevel: 'silent',
    plugins: [demoServerPlugin()],
    server,
    build,
    preview: { host: '127.0.0.1', port: 0 },
  }
}

function urlOf(server: { address(): AddressInfo | string | null } | null): string {
  const address = server?.address()
  if (typeof address !== 'object' || address === null) throw new Error(`expected a listening server, got ${address}`)
  return `http://127.0.0.1:${address.port}`
}

async function opens(url: string, protocol: string) {
  const socket = new WebSocket(url.replace('http', 'ws'), protocol)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

test('the dev server of Vite answers for the demo server too, and keeps its own socket', async () => {
  const vite = await createViteServer(await config())
  await vite.listen()
  onTestFinished(() => vite.close())
  const url = urlOf(vite.httpServer)
  expect((await fetch(`${url}/faults/ann`)).headers.get('content-type')).toBe('application/json')
  await opens(`${url}/realtime/~ann/ws`, 'everwire.v1')
  await opens(`${url}/?token=${vite.config.webSocketToken}`, 'vite-hmr')
})

test('so does the preview server', async () => {
  const vite = await preview(await config())
  onTestFinished(() => vite.close())
  const url = urlOf(vite.httpServer)
  expect((await fetch(`${url}/faults/ann`)).headers.get('content-type')).toBe('application/json')
  await opens(`${url}/realtime/ws`, 'everwire.v1')
})

test('as middleware, the server that is named for hot reload carries the upgrades', async () => {
  const server = createServer()
  const vite = await createViteServer(await config({ middlewareMode: true, hmr: { server } }))
  onTestFinished(async () => {
    await vite.close()
    server.closeAllConnections()
    server.close()
  })
  server.on('request', vite.middlewares)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await opens(`${urlOf(server)}/realtime/ws`, 'everwire.v1')
})

test('as middleware without any server it still answers requests', async () => {
  const vite = await createViteServer(await config({ middlewareMode: true, ws: false }))
  onTestFinished(() => vite.close())
  const server = createServer(vite.middlewares).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect((await fetch(`${urlOf(server)}/faults/ann`)).status).toBe(200)
})
