import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createFaultLayer, type FaultLayerOptions } from '../../demo-server/faults/layer.ts'
import type { FaultTarget } from '../../demo-server/faults/origin.ts'
import type { Faults } from '../../demo-server/faults/switches.ts'

/** What a realtime server looks like from outside, with a log of what reached it. */
function createTarget() {
  const sockets = new WebSocketServer({ noServer: true })
  const streams = new Set<ServerResponse>()
  const log: string[] = []
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    log.push(`${req.method} ${req.url}`)
    const name = req.url?.split('/').at(-1)
    if (name === 'sse') {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write('data: hello\n\n')
      streams.add(res)
      res.on('close', () => streams.delete(res))
    } else if (name === 'ws') res.writeHead(426, { upgrade: 'websocket' }).end('upgrade, please')
    else {
      let body = ''
      req.on('data', (chunk) => (body += String(chunk)))
      req.on('end', () => res.end(`${name} heard ${body}`))
    }
  }
  sockets.on('connection', (socket) => {
    socket.send('hello')
    socket.on('message', (data: Buffer) => {
      log.push(`message ${data.toString()}`)
      socket.send(`echo ${data.toString()}`)
    })
  })
  const target: FaultTarget = {
    handle,
    handleUpgrade: (req, socket, head) =>
      sockets.handleUpgrade(req, socket, head, (open) => sockets.emit('connection', open, req)),
  }
  return { target, sockets, streams, log }
}

/** The fault layer before a target, on a real port, until the test ends. */
export async function startFaults(options?: FaultLayerOptions) {
  const { target, sockets, streams, log } = createTarget()
  const layer = createFaultLayer(target, options)
  const server = createServer((req, res) => void (layer.handle(req, res) || res.writeHead(404).end()))
  server.on('upgrade', (req, socket, head) => void (layer.handleUpgrade(req, socket, head) || socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const http = `http://127.0.0.1:${port}`
  onTestFinished(async () => {
    layer.stop()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const change = async (client: string, faults: Partial<Faults>) => {
    const response = await fetch(`${http}/faults/${client}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    })
    if (!response.ok) throw new Error(`expected the faults to be taken, got ${await response.text()}`)
  }
  return { layer, http, ws: http.replace('http', 'ws'), change, sockets, streams, log }
}

/** A raw WebSocket and all that it saw. */
export function openSocket(url: string) {
  const socket = new WebSocket(url)
  const seen: string[] = []
  socket.on('open', () => seen.push('open'))
  socket.on('message', (data: Buffer) => seen.push(data.toString()))
  socket.on('error', (error) => seen.push(error.message))
  socket.on('close', (code) => seen.push(`closed ${code}`))
  onTestFinished(() => socket.terminate())
  return {
    socket,
    seen,
    until: (...expected: string[]) =>
      vi.waitFor(() => {
        if (seen.join() !== expected.join()) throw new Error(`saw ${seen.join()}`)
      }, 3000),
  }
}

/** A request whose answer is read as it comes. */
export function openStream(url: string) {
  const abort = new AbortController()
  const seen: string[] = []
  onTestFinished(() => abort.abort())
  const read = async () => {
    const response = await fetch(url, { method: 'POST', body: '{}', signal: abort.signal })
    seen.push(String(response.status))
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) seen.push(chunk)
    seen.push('end')
  }
  read().catch(() => seen.push('cut'))
  return {
    seen,
    leave: () => abort.abort(),
    until: (...expected: string[]) =>
      vi.waitFor(() => {
        if (seen.join('') !== expected.join('')) throw new Error(`saw ${seen.join()}`)
      }, 3000),
  }
}
