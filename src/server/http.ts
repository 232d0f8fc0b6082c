import type { IncomingMessage, ServerResponse } from 'node:http'
import { CODE } from '../protocol/codes.ts'
import type { OpenObject } from '../protocol/frame.ts'
import { VERSION } from '../protocol/frame.ts'
import type { ServerCore } from './core.ts'
import type { ConnectRequest, Identity } from './options.ts'
import { Refusal } from './refusal.ts'

/** Every answer: nothing may keep it, rewrite it or take it for something else. */
export function answerHeaders(core: ServerCore, request: IncomingMessage): Record<string, string> {
  return {
    ...core.origins.headersFor(request),
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
  }
}

/** Remembers a response until it is gone, so that a stop can wait for it. */
export function watch(core: ServerCore, response: ServerResponse): void {
  const outlet = { destroy: () => void response.destroy() }
  core.outlets.add(outlet)
  response.on('close', () => core.outlets.delete(outlet))
}

/** Answers with a whole body, so that it passes any proxy that buffers. */
export function answer(
  core: ServerCore,
  request: IncomingMessage,
  response: ServerResponse,
  {
    status = 200,
    type,
    body,
    headers = {},
  }: { status?: number; type: string; body: string; headers?: Record<string, string> },
): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    ...answerHeaders(core, request),
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export const BATCH_TYPE = 'application/x-ndjson; charset=utf-8'

/** Answers that a request is not served, with an `err` frame as body. */
export function answerRefusal(
  core: ServerCore,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const { code, message, retryMs, status } = refusal
  const frame = { t: 'err', code, msg: message, retry: retryMs, ...(status === 426 && { v: [VERSION] }) }
  const headers: Record<string, string> = {}
  if (retryMs !== undefined) headers['retry-after'] = String(Math.ceil(retryMs / 1_000))
  // HTTP/2 knows neither of these headers.
  if (request.httpVersionMajor < 2) {
    if (status === 426) headers['upgrade'] = 'websocket'
    // The rest of a body that is not read must not be taken for the next request.
    if (!request.complete) headers['connection'] = 'close'
  }
  answer(core, request, response, { status, type: 'application/json', body: JSON.stringify(frame), headers })
}

/** The client went away: there is nobody to answer. */
export class ClientGone extends Error {}

/** Reads a body of at most `limits.inBytes` within `limits.bodyMs`. */
export function readBody(core: ServerCore, request: IncomingMessage): Promise<string> {
  const { inBytes, bodyMs } = core.limits
  const tooBig = () => new Refusal(CODE.tooBig, `a body may have ${inBytes} bytes`)
  if (request.headers['content-encoding'] !== undefined) {
    throw new Refusal(CODE.badFrame, 'a body must not be compressed', { status: 415 })
  }
  if (Number(request.headers['content-length']) > inBytes) throw tooBig()
  // A body parser before us may have read it: Express leaves the result on the request.
  const { body } = request as { body?: unknown }
  if (request.complete && request.readableEnded && body !== undefined) {
    return Promise.resolve(typeof body === 'string' ? body : JSON.stringify(body))
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const settle = (finish: () => void) => {
      cancel()
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      finish()
    }
    const cancel = core.scope.after(bodyMs, () => {
      request.pause()
      settle(() => reject(new Refusal(CODE.badFrame, `a body must arrive within ${bodyMs} ms`, { status: 408 })))
    })
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes <= inBytes) return
      request.pause()
      settle(() => reject(tooBig()))
    }
    const onEnd = () => settle(() => resolve(Buffer.concat(chunks).toString('utf8')))
    const onClose = () => settle(() => reject(new ClientGone('the client went away')))
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** What `authenticate` is asked with. */
export function connectRequest(
  core: ServerCore,
  request: IncomingMessage,
  transport: ConnectRequest['transport'],
  token: string | undefined,
): ConnectRequest {
  const headers = core.origins.trusted(request)
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return {
    headers,
    url: request.url ?? '',
    token: token ?? bearer,
    remoteAddress: request.socket.remoteAddress,
    transport,
  }
}

/** Whether a client may come in: its version, its credentials, and whether there is room. */
export async function admit(
  core: ServerCore,
  request: IncomingMessage,
  transport: ConnectRequest['transport'],
  open: Pick<OpenObject, 'v' | 'auth'>,
): Promise<Identity> {
  if (open.v !== VERSION) throw new Refusal(CODE.version, `this server speaks version ${VERSION}, not ${open.v}`)
  assertRunning(core)
  const identity = await core.hooks.authenticate(connectRequest(core, request, transport, open.auth))
  assertRunning(core)
  return identity
}

/** @throws Refusal 4503 while the server stops or is full, with a time drawn for this client alone */
export function assertRunning(core: ServerCore): void {
  const isFull = core.connections.size >= core.limits.connections
  if (!core.isStopping() && !isFull) return
  const [least, most] = core.retryWindow()
  const retryMs = Math.max(1_000, Math.round(least + Math.random() * (most - least)))
  throw new Refusal(CODE.overloaded, core.isStopping() ? 'the server is stopping' : 'the server is full', { retryMs })
}
