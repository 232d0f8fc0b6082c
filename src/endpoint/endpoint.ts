import type { EverwireError } from '../protocol/errors.ts'

// What the three clients for servers of any kind have in common: `createWebSocketClient`, `createEventStreamClient`
// and `createLongPollClient` each keep one endpoint open and give its messages to handlers by type.

/** One message of an endpoint. */
export interface EndpointMessage<Data = unknown, Type extends string = string> {
  /** The event's name or the `type` of the message; `message` where it has none, `binary` for bytes. */
  readonly type: Type
  readonly data: Data
  /** The id from which the endpoint could be resumed; `undefined` where the message has none. */
  readonly id: string | undefined
}

/** Message type → type of its data. An interface will do: `interface Feed { 'price-update': Price; notice: string }`. */
export type MessageTypes = object

/** Any message of a map of types. */
export type AnyMessage<Types extends MessageTypes> = {
  [Type in keyof Types & string]: EndpointMessage<Types[Type], Type>
}[keyof Types & string]

/**
 * An endpoint at one moment; replaced, never changed. Times are milliseconds since 1970.
 * - `idle`: not asked to connect yet (also on a server that only renders)
 * - `connecting`: the first attempt runs
 * - `open`: since `since`
 * - `reconnecting`: away because of `error`; `retryAt` is when the next attempt starts, `null` while one runs
 * - `closed`: ended in peace, by `close()`, the signal or the server (WebSocket code 1000, HTTP 204)
 * - `failed`: ended by `error`, which trying again would not mend; `reconnect()` tries nevertheless
 *
 * `attempt` is how many attempts failed in a row; it returns to `0` when a connection has lasted for `retry.stableMs`.
 */
export type EndpointSnapshot =
  | {
      readonly status: 'idle' | 'connecting' | 'closed'
      readonly attempt: 0
      readonly retryAt: null
      readonly since: null
      readonly error: null
    }
  | {
      readonly status: 'open'
      readonly attempt: number
      readonly retryAt: null
      readonly since: number
      readonly error: null
    }
  | {
      readonly status: 'reconnecting'
      readonly attempt: number
      readonly retryAt: number | null
      readonly since: null
      readonly error: EverwireError
    }
  | {
      readonly status: 'failed'
      readonly attempt: number
      readonly retryAt: null
      readonly since: null
      readonly error: EverwireError
    }

export type EndpointStatus = EndpointSnapshot['status']

/** How an endpoint tries again. */
export interface RetryOptions {
  /** Ceiling of the first delay, in milliseconds; it doubles with each attempt (full jitter). @defaultValue 500 */
  readonly minMs?: number | undefined
  /** The highest ceiling, in milliseconds. @defaultValue 5000 */
  readonly maxMs?: number | undefined
  /**
   * How long a connection must last before the back-off starts afresh, in milliseconds. A server that accepts and
   * drops at once is therefore asked less and less often. @defaultValue 10000
   */
  readonly stableMs?: number | undefined
  /** After how many failures in a row without a stable connection it gives up; `0` never retries. @defaultValue Infinity */
  readonly maxRetries?: number | undefined
}

/** Options of all three clients. */
export interface EndpointOptions {
  /** Connect at creation. `false`: wait for `connect()`. @defaultValue true */
  readonly autoConnect?: boolean | undefined
  /** Closes the client for good when aborted. */
  readonly signal?: AbortSignal | undefined
  readonly retry?: RetryOptions | undefined
  /**
   * Hears every failed attempt, and everything that went wrong without ending the connection, such as a message that
   * could not be decoded, or what a handler threw (`handler`).
   */
  readonly onError?: ((error: EverwireError) => void) | undefined
}

/** An endpoint kept open over time. */
export interface EndpointClient<Types extends MessageTypes = Record<string, unknown>> {
  /**
   * Calls `handler` for every message of a type, `*`: for all, once and in order. Only messages come here: the
   * endpoint's own life is in `getSnapshot` and `onError`, so that no server can send an event that is mistaken for it.
   * What a handler throws is told to `onError`, or reported as an uncaught error where there is none; it stops nobody. Returns an idempotent off.
   */
  on(this: void, type: '*', handler: (message: AnyMessage<Types>) => void): () => void
  on<Type extends keyof Types & string>(
    this: void,
    type: Type,
    handler: (message: EndpointMessage<Types[Type], Type>) => void,
  ): () => void
  /** Calls `listener` after each change of the snapshot. Returns an idempotent unsubscribe. */
  subscribe(this: void, listener: () => void): () => void
  /** The endpoint now; the same object until something changes. */
  getSnapshot(this: void): EndpointSnapshot
  /** Opens it unless it is open, opening or waiting to. Also after `close()`. */
  connect(this: void): void
  /** Tries at once, with the back-off forgotten; an open connection is replaced. */
  reconnect(this: void): void
  /** Ends it and everything it started. Safe to call twice. Handlers stay for a later `connect()`. */
  close(this: void): void
}

/** The snapshot before anything happened; also what a server renders. */
export const IDLE: EndpointSnapshot = { status: 'idle', attempt: 0, retryAt: null, since: null, error: null }
