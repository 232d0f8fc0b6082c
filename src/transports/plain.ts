import type { Transport } from '../client/transport.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { HttpOptions } from './http-options.ts'
import { plainEventStream, type PlainEventStreamOptions } from './plain/event-stream.ts'
import { plainLongPoll, type PlainLongPollOptions } from './plain/long-poll.ts'
import type { PlainMessage, PlainSend, PlainSource } from './plain/message.ts'
import { createPlainSession } from './plain/session.ts'
import { plainWebSocket, type PlainWebSocketOptions } from './plain/websocket.ts'
import type { WebSocketOptions } from './websocket.ts'

export interface PlainOptions extends HttpOptions, WebSocketOptions {
  /** URLs are absolute, or relative to the client's `url`. Leave out what the server does not have. */
  readonly websocket?: string | PlainWebSocketOptions
  readonly sse?: string | PlainEventStreamOptions
  readonly longpoll?: string | PlainLongPollOptions
  /** Where to POST what is sent while the transport carries only one direction. */
  readonly send?: string
  /**
   * The ids are one sequence on all three endpoints, so the last one seen anywhere is where the next transport goes on
   * (`Last-Event-ID`, `lastId`): then nothing is missed while the transport changes.
   * @defaultValue false
   */
  readonly sharedIds?: boolean
  /**
   * Reads one message; `undefined` where it is none for the application (greetings, pongs).
   * @param message - the parsed JSON
   * @defaultValue `type` or the event's name; `topic` or `room`; `data`, `payload` or the whole message; `id`
   */
  readonly read?: (message: unknown, source: PlainSource) => PlainMessage | undefined
  /** What is sent, on the WebSocket and as the body of the POST. @defaultValue `{ type, topic, room, data, ...data, key }` */
  readonly write?: (message: PlainSend) => unknown
}

const asOptions = <Options extends { url: string }>(value: string | Options): { url: string } | Options =>
  typeof value === 'string' ? { url: value } : value

function readDefault(message: unknown, { event, id, topic }: PlainSource): PlainMessage | undefined {
  const fields = (typeof message === 'object' && message !== null ? message : {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
  const type = event !== undefined && event !== 'message' ? event : (text(fields['type']) ?? event)
  if (type === undefined) return undefined
  return {
    type,
    topic: text(fields['topic']) ?? text(fields['room']) ?? topic,
    data: fields['data'] ?? fields['payload'] ?? message,
    id: id || text(fields['id']),
  }
}

const writeDefault = ({ topic, type, data, key }: PlainSend): unknown => ({
  type,
  topic,
  room: topic,
  data,
  ...(typeof data === 'object' && data !== null && !Array.isArray(data) && data),
  key,
})

/**
 * The ladder for a server that does not speak the everwire protocol: three ordinary URLs, JSON messages with a `type`.
 * The same provider, hooks, fall and climb; what such a server cannot give stays missing: a send counts as stored when
 * it was written or its POST was answered, and a message is known to be a repeat only by its `id`.
 *
 * @example
 * createClient(\{ url: '/api', transports: plain(\{ websocket: 'ws', sse: 'events', longpoll: 'poll', send: 'send' \}) \})
 */
export function plain(options: PlainOptions): readonly Transport[] {
  const { websocket, sse, longpoll, read = readDefault, write = writeDefault } = options
  const session = createPlainSession(read, LIMITS.replayMessages, options.sharedIds ?? false)
  const transports: Transport[] = []
  if (websocket) transports.push(plainWebSocket(session, { ...options, write }, asOptions(websocket)))
  if (sse) transports.push(plainEventStream(session, { ...options, write }, asOptions(sse)))
  if (longpoll) transports.push(plainLongPoll(session, { ...options, write }, asOptions(longpoll)))
  if (transports.length === 0)
    throw new TypeError('plain() needs at least one of `websocket`, `sse` and `longpoll`, got none')
  return transports
}
