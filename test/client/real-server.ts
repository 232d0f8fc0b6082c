import type { Socket } from 'node:net'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import type { Transport, TransportName } from '../../src/client/transport.ts'
import { type ClientOptions, createClient } from '../../src/create-client.ts'
import type { RealtimeServerOptions } from '../../src/server.ts'
import { longPoll } from '../../src/transports/long-poll.ts'
import { eventStream } from '../../src/transports/sse.ts'
import { webSocket, type WebSocketConstructor } from '../../src/transports/websocket.ts'
import { type Fixture, serve } from '../server/support.ts'

export const NodeWebSocket = WebSocket as unknown as WebSocketConstructor

export const TRANSPORTS: Readonly<Record<TransportName, () => Transport>> = {
  websocket: () => webSocket({ WebSocket: NodeWebSocket }),
  sse: () => eventStream(),
  longpoll: () => longPoll(),
}

/** Every transport alone, and all of them. */
export const WAYS = ['websocket', 'sse', 'longpoll', 'ladder'] as const
export type Way = (typeof WAYS)[number]

export const transportOf = (way: Way): TransportName => (way === 'ladder' ? 'websocket' : way)

/** A client that ends with the test; retries quickly. */
export function openClient(url: string, way: Way = 'ladder', options: Partial<ClientOptions> = {}): RealtimeClient {
  const client = createClient({
    url,
    WebSocket: NodeWebSocket,
    ladder: { retry: { minMs: 10, maxMs: 50 } },
    ...(way !== 'ladder' && { transports: [TRANSPORTS[way]()] }),
    ...options,
  })
  onTestFinished(() => client.dispose())
  return client
}

export interface RealServer extends Fixture {
  /** Cuts every TCP connection, as a crash of the machine in between would. */
  cut(this: void): void
}

/** The real server, where clients may send to `chat:*`. */
export async function serveChat(options: RealtimeServerOptions = {}): Promise<RealServer> {
  const fixture = await serve({ topics: { chat: { clientSend: true } }, ...options })
  const sockets = new Set<Socket>()
  fixture.http.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return {
    ...fixture,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Waits until a fact holds, with the patience that a busy machine needs. */
export const eventually = (fact: () => void): Promise<void> => vi.waitFor(fact, { timeout: 8_000, interval: 5 })

export const untilStatus = (client: RealtimeClient, status: string): Promise<void> =>
  eventually(() => expect(client.connection.getSnapshot().status).toBe(status))
