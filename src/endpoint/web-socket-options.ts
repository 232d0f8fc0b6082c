import type { WebSocketConstructor } from '../transports/websocket.ts'
import type { EndpointClient, EndpointMessage, EndpointOptions, MessageTypes } from './endpoint.ts'

/** The part of a WebSocket that is used; browsers, `ws`, undici and mocks have it. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

/** How messages become text or bytes and back. */
export interface Codec {
  encode(this: void, message: unknown): string | Uint8Array
  /** Gets text as a string and binary messages as bytes. What it throws is told to `onError`. */
  decode(this: void, data: string | Uint8Array): unknown
}

/** A WebSocket's end as the other side or the network gave it. */
export interface WebSocketClose {
  /** RFC 6455 §7.4; 1006: the network or the handshake failed. */
  readonly code: number
  readonly reason: string
}

/** A sign of life that the application's own protocol has. Browsers cannot send WebSocket pings. */
export interface PingOptions {
  /** What to send; a function is asked each time. @defaultValue `{ type: 'ping' }` */
  readonly message?: unknown
  /** Time between pings, in milliseconds. @defaultValue 25000 */
  readonly intervalMs?: number | undefined
  /**
   * How long nothing at all may come after a ping before the connection counts as dead, in milliseconds. Any message
   * is a sign of life, so that a long catch-up on a slow link is not taken for silence. @defaultValue 5000
   */
  readonly pongTimeoutMs?: number | undefined
  /** Which messages are answers to pings; they are kept from handlers. @defaultValue those of type `pong` */
  readonly isPong?: ((message: EndpointMessage) => boolean) | undefined
}

/** Messages that wait for the connection. */
export interface OutboxOptions {
  /** How many wait at most; `0` keeps none. @defaultValue 100 */
  readonly limit?: number | undefined
  /** What a full outbox does: refuse the new message (`send` throws) or forget the oldest. @defaultValue 'reject' */
  readonly whenFull?: 'reject' | 'drop-oldest' | undefined
}

export interface WebSocketOptions extends EndpointOptions {
  readonly protocols?: string | string[] | undefined
  /** @defaultValue JSON for text; bytes become messages of type `binary` */
  readonly codec?: Codec | undefined
  /**
   * Makes a message of what the codec decoded; `undefined` ignores it.
   * @defaultValue `type` and `id` from the fields of that name; `data` from the field `data` where there is one, else
   * all of it
   */
  readonly read?: ((decoded: unknown) => EndpointMessage | undefined) | undefined
  /** Off unless given: not every server understands one. */
  readonly ping?: PingOptions | undefined
  /** Messages to send first on every open, before those that waited: joins, subscriptions, a token. */
  readonly hello?: (() => readonly unknown[]) | undefined
  readonly outbox?: OutboxOptions | undefined
  /** Time for the handshake, in milliseconds. @defaultValue 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** Whether to connect again after a close. @defaultValue all codes but 1000 and 4000 to 4099 */
  readonly shouldReconnect?: ((close: WebSocketClose) => boolean) | undefined
  /** @defaultValue the global one, looked up at each attempt */
  readonly WebSocket?: WebSocketConstructor | undefined
}

export interface WebSocketClient<Types extends MessageTypes = Record<string, unknown>> extends EndpointClient<Types> {
  /**
   * Sends a message: `true` when it went to the socket, `false` when it waits in the outbox and will be sent, in
   * order, on the next open. Sent is not stored: what a socket had accepted when it died is lost.
   * @throws EverwireError `overflow` where the outbox is full, `closed` after the end
   */
  send(this: void, message: unknown): boolean
}
