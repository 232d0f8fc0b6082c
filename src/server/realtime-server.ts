import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Code } from '../protocol/codes.ts'
import type { Position } from '../protocol/position.ts'
import type { ClientTransport } from './options.ts'

export interface PublishToOptions {
  /** Repeating a key within `limits.keyMs` stores nothing and returns the first position. */
  readonly key?: string
  readonly tenant?: string
}

export interface Published {
  /** The message's position. */
  readonly id: Position
  /** The key was known: nothing was stored. */
  readonly duplicate: boolean
}

export interface PathOptions {
  /** Where the endpoints are: `{path}/ws`, `{path}/sse`, `{path}/poll`, `{path}/send`. */
  readonly path?: string
}

export interface ServerStats {
  readonly connections: Readonly<Record<ClientTransport, number>>
  readonly subscriptions: number
  readonly feeds: number
  /** Bytes written for clients that the network did not take yet. */
  readonly bufferedBytes: number
}

export interface RealtimeServer {
  /** Serves the endpoints on a server of node:http, https or http2; everything else stays with its other listeners. */
  attach(server: EventEmitter, options?: PathOptions): void
  /** Answers a request if it is one of ours. For Express, Fastify, Next and other middleware. */
  handle(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    options?: PathOptions,
  ): boolean
  /** Takes an upgrade if it is one of ours. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options?: PathOptions): boolean
  /**
   * Stores a message and brings it to all subscribers. A `Uint8Array` as data stays binary.
   * @throws TypeError for a wrong topic or event, RangeError for too much data; rejects where the backplane fails
   */
  publish(topic: string, event: string, data?: unknown, options?: PublishToOptions): Promise<Published>
  /**
   * Where topics stand now. Taken before the data of a page is read, and given to the browser as
   * `client.hydrate({ cursor })`, it leaves no gap between the two. Rejects where the backplane fails.
   */
  cursor(topics: readonly string[], options?: { readonly tenant?: string }): Promise<Record<string, Position>>
  /**
   * Ends the connections of a user, a session or a tenant, on all instances.
   * @param code - what clients are told: 4003 (default) not to come back, 4201 to renew their credentials first
   */
  disconnect(who: { user?: string; sid?: string; tenant?: string }, code?: Code): Promise<void>
  stats(): ServerStats
  /** The connections of this instance. */
  readonly connections: number
  /**
   * Stops: nothing new is accepted, and every client is told to come back, in random order over half of `drainMs`.
   * Resolves when nothing of the server is left; safe to call twice. Does not close the HTTP server.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>
}
