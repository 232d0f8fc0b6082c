import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Scope } from '../../../src/lib/scope.ts'
import type { Store } from '../../../src/lib/store.ts'
import { askOrigin, type Exchange, kindOf, PAGE } from './exchange.ts'
import { relayAnswer } from './relay-answer.ts'
import { type CutHow, type FaultSettings, takeOne, type TrafficKind } from './settings.ts'
import type { Traffic } from './traffic.ts'
import { createUpgrader } from './websocket-layer.ts'

export interface HttpLayer {
  readonly port: number
  /** Ends the requests of one kind that are not over. */
  cut(how: CutHow, kind: TrafficKind): void
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function answerPage(response: ServerResponse, status: number) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
}

/** The HTTP half of the proxy, listening on a port of its own behind the TCP half. */
export async function createHttpLayer(
  pickUpstream: () => number,
  settings: Store<FaultSettings>,
  traffic: Traffic,
  scope: Scope,
): Promise<HttpLayer> {
  const agent = new Agent({ keepAlive: true })
  const exchanges = new Map<Exchange, Socket>()
  let polls = 0

  function begin(request: IncomingMessage, socket: Socket): Exchange {
    const kind = kindOf(request)
    const name = `${request.method} ${request.url}`
    const exchange: Exchange = { kind, name, request, scope: scope.child() }
    exchanges.set(exchange, socket)
    exchange.scope.defer(() => void exchanges.delete(exchange))
    exchange.scope.defer(traffic.begin(kind, name))
    return exchange
  }

  async function serve(exchange: Exchange, response: ServerResponse) {
    const { kind, name, request } = exchange
    const { signal } = exchange.scope
    const body = await readBody(request)
    const { captive, send, poll, slowMs, stripRequestHeaders: strip, requestTimeoutMs } = settings.get()
    if (captive) return answerPage(response, 200)
    if (kind === 'send' && send === 'block') return answerPage(response, 403)
    const options = { port: pickUpstream(), agent, strip, signal }
    if (takeOne(settings, 'duplicateRequests', name)) {
      const first = await askOrigin(request, body, options)
      first.resume()
    }
    const giveUp = () => answerPage(response, 504)
    const stopTimer = requestTimeoutMs === null ? () => {} : exchange.scope.after(requestTimeoutMs, giveUp)
    const answer = await askOrigin(request, body, options)
    stopTimer()
    if (response.headersSent) return
    const lost = kind === 'poll' && poll === 'lossy' && ++polls % 2 === 0
    if (lost || takeOne(settings, 'dropResponses', name)) {
      // To the end: the origin has done its work.
      answer.resume().once('end', () => request.socket.resetAndDestroy())
    } else if (takeOne(settings, 'hangResponses', name)) answer.resume()
    else if (kind === 'poll' && poll === 'slow')
      exchange.scope.after(slowMs, () => relayAnswer(answer, response, exchange, settings))
    else relayAnswer(answer, response, exchange, settings)
  }

  const server = createServer((request, response) => {
    const exchange = begin(request, request.socket)
    response.once('close', () => exchange.scope.stop())
    serve(exchange, response).catch(() => {
      // The client went away, or the origin cannot be reached; for the latter the answer of every gateway.
      if (response.headersSent || exchange.scope.stopped) response.destroy()
      else answerPage(response, 502)
    })
  })
  server.on('upgrade', createUpgrader({ begin, pickUpstream, settings, agent }))
  // Slow clients are what the proxy is for.
  server.requestTimeout = 0
  server.headersTimeout = 0
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => {
    server.close()
    server.closeAllConnections()
    agent.destroy()
  })
  return {
    port: (server.address() as { port: number }).port,
    cut(how, kind) {
      for (const [exchange, socket] of exchanges) {
        if (exchange.kind !== kind) continue
        if (how === 'rst') socket.resetAndDestroy()
        else socket.destroySoon()
      }
    },
  }
}
