import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { CODE } from '../protocol/codes.ts'
import type { ServerCore } from './core.ts'
import { serveEventStream } from './endpoints/sse.ts'
import { servePoll } from './endpoints/long-poll.ts'
import { serveSend } from './endpoints/send.ts'
import type { WebSocketEndpoint } from './endpoints/websocket.ts'
import { answerHeaders, answerRefusal, assertRunning, ClientGone, watch } from './http.ts'
import { PREFLIGHT_HEADERS } from './origin.ts'
import { Refusal } from './refusal.ts'

type Endpoint = 'ws' | 'sse' | 'poll' | 'send'

const METHODS: Readonly<Record<Endpoint, readonly string[]>> = {
  ws: ['GET'],
  sse: ['GET', 'POST'],
  poll: ['POST'],
  send: ['POST'],
}

/** Which of our endpoints a URL names, if any. */
export function endpointOf(request: IncomingMessage, base: string): Endpoint | undefined {
  // Express and Connect cut the mount point off `url` and keep the whole in `originalUrl`.
  const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? ''
  const end = url.indexOf('?')
  const path = end < 0 ? url : url.slice(0, end)
  const name = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : ''
  return Object.hasOwn(METHODS, name) ? (name as Endpoint) : undefined
}

/** Serves a request to one of our endpoints, and answers whatever goes wrong. */
export async function serve(
  core: ServerCore,
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  watch(core, response)
  try {
    if (core.origins.judge(request) === 'refused') throw new Refusal(CODE.forbidden, 'this origin may not connect')
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { ...answerHeaders(core, request), ...PREFLIGHT_HEADERS })
      response.end()
      return
    }
    if (!METHODS[endpoint].includes(request.method ?? '')) {
      const allowed = METHODS[endpoint].join(' or ')
      throw new Refusal(CODE.badFrame, `${endpoint} must be asked with ${allowed}, got ${request.method}`, {
        status: 405,
      })
    }
    if (endpoint === 'sse') await serveEventStream(core, request, response)
    else if (endpoint === 'poll') await servePoll(core, request, response)
    else if (endpoint === 'send') await serveSend(core, request, response)
    else throw new Refusal(CODE.badFrame, 'a WebSocket needs an upgrade; a proxy may have removed it', { status: 426 })
  } catch (error) {
    if (error instanceof ClientGone) return
    if (!(error instanceof Refusal)) core.log({ level: 'error', message: `a request to ${endpoint} failed`, error })
    answerRefusal(
      core,
      request,
      response,
      error instanceof Refusal ? error : new Refusal(CODE.internal, 'the server failed'),
    )
  }
}

/** Upgrades a request to a WebSocket, or refuses it before it is one. */
export function serveUpgrade(
  core: ServerCore,
  ws: WebSocketEndpoint,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  // A socket that breaks while it is refused must not end the process.
  socket.on('error', () => socket.destroy())
  try {
    if (core.origins.judge(request) === 'refused') throw new Refusal(CODE.forbidden, 'this origin may not connect')
    assertRunning(core)
    ws.upgrade(request, socket, head)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    refuseUpgrade(socket, error)
  }
}

const REASONS: Readonly<Record<number, string>> = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' }

export function refuseUpgrade(socket: Duplex, { code, status, message, retryMs }: Refusal): void {
  const body = JSON.stringify({ t: 'err', code, msg: message, retry: retryMs })
  const retryAfter = retryMs === undefined ? '' : `Retry-After: ${Math.ceil(retryMs / 1_000)}\r\n`
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Vary: Origin\r\nCache-Control: no-store\r\n${retryAfter}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
