import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createBus } from './bus.ts'
import { createEventStream } from './event-stream.ts'
import { createLongPoll } from './long-poll.ts'
import { createWebSocketRooms } from './websocket-rooms.ts'

export interface TutorialServerOptions {
  /** Where it is mounted, without a trailing slash. @defaultValue '/tutorial' */
  readonly path?: string
  /** How long an empty long poll is held, in milliseconds. @defaultValue 55000 */
  readonly holdMs?: number
  /** Time between heartbeat comments on event streams, in milliseconds. @defaultValue 15000 */
  readonly heartbeatMs?: number
  /** Messages kept of each topic. @defaultValue 100 */
  readonly historyLength?: number
}

export interface TutorialServer {
  /** Answers `GET /events`, `GET /poll` and `POST /send`; `false`: not its request. */
  handle(this: void, request: IncomingMessage, response: ServerResponse): boolean
  /** Accepts WebSockets at `/rooms`; `false`: not its request. */
  handleUpgrade(this: void, request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Publishes to all three: the room, the event stream and the polled topic. Returns the message's id. */
  publish(this: void, topic: string, type: string, data: unknown): number
  /** Open WebSockets and held polls. */
  readonly connections: { readonly rooms: number; readonly polls: number }
  stop(this: void): void
}

/**
 * Servers as tutorials write them, with nothing but `ws` and `node:http`: what the clients for servers of any kind are
 * tried against. They know nothing of everwire.
 */
export function createTutorialServer(options: TutorialServerOptions = {}): TutorialServer {
  const { path = '/tutorial', holdMs = 55_000, heartbeatMs = 15_000, historyLength = 100 } = options
  const bus = createBus(historyLength)
  const rooms = createWebSocketRooms(bus)
  const events = createEventStream(bus, heartbeatMs)
  const polls = createLongPoll(bus, holdMs)
  const urlOf = (request: IncomingMessage) => new URL(request.url ?? '/', 'http://localhost')

  return {
    handle(request, response) {
      const url = urlOf(request)
      if (url.pathname === `${path}/events`) events.handle(request, response)
      else if (url.pathname === `${path}/poll`) polls.poll(response, url)
      else if (url.pathname === `${path}/send` && request.method === 'POST') polls.send(request, response)
      else return false
      return true
    },
    handleUpgrade(request, socket, head) {
      if (urlOf(request).pathname !== `${path}/rooms`) return false
      rooms.handleUpgrade(request, socket, head)
      return true
    },
    publish: (topic, type, data) => bus.publish(topic, type, data).id,
    get connections() {
      return { rooms: rooms.clients.size, polls: polls.held }
    },
    stop() {
      rooms.close()
      events.close()
      polls.close()
    },
  }
}
