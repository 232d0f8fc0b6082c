import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import type { Scope } from '../../../src/lib/scope.ts'
import type { TrafficKind } from './settings.ts'

/** What both kinds of requests, ordinary ones and handshakes, share. */
export interface Exchange {
  readonly kind: TrafficKind
  /** `METHOD /path`, for matching and for the log. */
  readonly name: string
  readonly request: IncomingMessage
  readonly scope: Scope
}

export const PAGE = '<!doctype html><title>Notice</title><h1>This page is not the one you asked for</h1>'

/** Told by `Upgrade`, `Accept` and the last part of the path. */
export function kindOf({ url = '/', headers }: IncomingMessage): TrafficKind {
  if (headers.upgrade?.toLowerCase() === 'websocket') return 'websocket'
  if (headers.accept === 'text/event-stream') return 'sse'
  const last = new URL(url, 'http://origin').pathname.split('/').at(-1)
  if (last === 'ws') return 'websocket'
  if (last === 'sse' || last === 'poll' || last === 'send') return last
  return 'other'
}

/** Headers that concern one hop only (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'proxy-connection',
  'te',
  'trailer',
])

/** Raw headers (`name, value, name, value…`) without those of the hop and those that are to be stripped. */
export function passedOn(rawHeaders: readonly string[], strip: readonly string[] = []): string[] {
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!HOP_BY_HOP.has(name) && !strip.includes(name)) kept.push(rawHeaders[at]!, rawHeaders[at + 1]!)
  }
  return kept
}

/** Sends one request to the origin and resolves with its answer, the body unread. */
export function askOrigin(
  request: IncomingMessage,
  body: Buffer,
  { port, agent, strip, signal }: { port: number; agent: Agent; strip: readonly string[]; signal: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = passedOn(request.rawHeaders, strip)
    const asked = httpRequest({ host: '127.0.0.1', port, agent, method: request.method, path: request.url, signal })
    for (let at = 0; at < headers.length; at += 2) asked.setHeader(headers[at]!, headers[at + 1]!)
    asked.once('response', resolve)
    asked.on('error', reject)
    asked.end(body)
  })
}
