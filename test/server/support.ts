import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { decodeServerBatch } from '../../src/protocol/codec.ts'
import type { OpenObject, PubFrame, ServerFrame } from '../../src/protocol/frame.ts'
import type { From } from '../../src/protocol/position.ts'
import { createEventDecoder } from '../../src/protocol/sse-decode.ts'
import { createRealtimeServer, type RealtimeServer, type RealtimeServerOptions } from '../../src/server.ts'
import { until } from '../support/until.ts'

export interface Fixture {
  readonly realtime: RealtimeServer
  readonly http: Server
  readonly url: string
}

/** A server on loopback that ends with the test. */
export async function serve(options: RealtimeServerOptions = {}): Promise<Fixture> {
  const http = createServer((_, response) => response.writeHead(404).end('not ours'))
  const realtime = createRealtimeServer(options)
  realtime.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await realtime.stop()
    http.closeAllConnections()
    http.close()
  })
  return { realtime, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/realtime` }
}

export const openObject = (subs: Record<string, From>, more: Partial<OpenObject> = {}): OpenObject => ({
  v: 1,
  sid: 'test-session-0001',
  subs,
  ...more,
})

/** What a client hears, whatever it came over. */
export interface Heard {
  readonly frames: ServerFrame[]
  /** Waits for the first frame of a type, after `skip` others of it. */
  frame<T extends ServerFrame['t']>(type: T, skip?: number): Promise<Extract<ServerFrame, { t: T }>>
  /** The data of the topic's messages so far. */
  data(topic?: string): unknown[]
  /** Waits until the topic's messages are these. */
  untilData(expected: readonly unknown[], topic?: string): Promise<void>
}

function createHeard(): Heard {
  const frames: ServerFrame[] = []
  const heard: Heard = {
    frames,
    async frame(type, skip = 0) {
      const found = () => frames.filter(({ t }) => t === type)[skip]
      await until(`a frame ${type}`, () => found() !== undefined, 5_000)
      return found() as never
    },
    data: (topic) =>
      frames.flatMap((frame) => (frame.t === 'm' && (topic === undefined || frame.c === topic) ? [frame.d] : [])),
    untilData: (expected, topic) =>
      until('the messages', () => JSON.stringify(heard.data(topic)) === JSON.stringify(expected), 5_000),
  }
  return heard
}

export interface SocketClient extends Heard {
  readonly ws: WebSocket
  readonly closed: Promise<{ code: number; reason: string }>
  send(...frames: readonly object[]): void
}

/** A bare WebSocket client; says its open object where one is given. */
export async function connect(
  url: string,
  open?: OpenObject,
  headers: Record<string, string> = {},
): Promise<SocketClient> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'everwire.v1', { headers })
  const heard = createHeard()
  ws.on('message', (data: Buffer, binary: boolean) => {
    if (!binary) heard.frames.push(...decodeServerBatch(data.toString()))
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  ws.on('error', () => {})
  await Promise.race([once(ws, 'open'), closed])
  const client: SocketClient = {
    ...heard,
    ws,
    closed,
    send: (...frames) => ws.send(frames.map((frame) => JSON.stringify(frame)).join('\n')),
  }
  if (open) client.send({ t: 'open', ...open })
  onTestFinished(() => ws.terminate())
  return client
}

export interface StreamClient extends Heard {
  readonly response: Response
  readonly ids: string[]
  readonly retries: number[]
  readonly comments: string[]
  readonly ended: Promise<void>
  close(): void
}

/** A bare event stream client over `fetch`. */
export async function stream(
  url: string,
  open: OpenObject,
  { method = 'POST', headers = {} }: { method?: 'GET' | 'POST'; headers?: Record<string, string> } = {},
): Promise<StreamClient> {
  const heard = createHeard()
  const abort = new AbortController()
  const text = JSON.stringify(open)
  const query = method === 'GET' ? `?o=${Buffer.from(text).toString('base64url')}` : ''
  const response = await fetch(`${url}/sse${query}`, {
    method,
    headers,
    signal: abort.signal,
    ...(method === 'POST' && { body: text }),
  })
  const ids: string[] = []
  const retries: number[] = []
  const comments: string[] = []
  const decoder = createEventDecoder({
    onEvent({ data, lastEventId }) {
      ids.push(lastEventId)
      heard.frames.push(...decodeServerBatch(data))
    },
    onRetry: (ms) => retries.push(ms),
    onComment: (comment) => comments.push(comment),
  })
  const ended = (async () => {
    try {
      for await (const bytes of response.body!) decoder.push(bytes)
    } catch {
      // Cut by the test, or by the server's end.
    }
  })()
  onTestFinished(() => abort.abort())
  return { ...heard, response, ids, retries, comments, ended, close: () => abort.abort() }
}

/** One long poll. */
export async function poll(
  url: string,
  open: OpenObject,
  init: RequestInit = {},
): Promise<Heard & { response: Response }> {
  const heard = createHeard()
  const response = await fetch(`${url}/poll`, { method: 'POST', body: JSON.stringify(open), ...init })
  heard.frames.push(...decodeServerBatch(await response.text()))
  return { ...heard, response }
}

/** One `POST send`. */
export async function send(
  url: string,
  frames: readonly PubFrame[],
  headers: Record<string, string> = {},
): Promise<Heard & { response: Response }> {
  const heard = createHeard()
  const response = await fetch(`${url}/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ v: 1, sid: 'test-session-0001', f: frames }),
  })
  heard.frames.push(...decodeServerBatch(await response.text()))
  return { ...heard, response }
}

export const pub = (topic: string, data: unknown, key: string, event = 'message'): PubFrame => ({
  t: 'pub',
  id: `id-${key}`,
  c: topic,
  e: event,
  d: data,
  k: key,
})
