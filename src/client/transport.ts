import type { ClientFrame, OpenObject, PubFrame, ServerFrame } from '../protocol/frame.ts'

export type TransportName = 'websocket' | 'sse' | 'longpoll'

/** How a wire ended that its owner did not close. */
export interface WireEnd {
  /** The WebSocket close code, the protocol's code or the HTTP status; absent where the network gave none. */
  readonly code?: number
  /** What was expected and what came, for people. */
  readonly message: string
  /** What the server asked to wait before the next attempt, in milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** What a wire tells its owner. Nothing is told any more after `close()` or `ended`. */
export interface WireEvents {
  /** The transport's own handshake is done (socket open, response headers here). Proof of nothing. */
  reached(this: void): void
  /** Bytes of any kind arrived. Called before the frames they hold. */
  alive(this: void): void
  /** One batch, decoded. */
  frames(this: void, frames: readonly ServerFrame[]): void
  /** The wire is over. Last call, at most once, never from within `open`. */
  ended(this: void, end: WireEnd): void
}

/** Who a client is: the part of the open object that goes with everything it says. */
export type Identity = Pick<OpenObject, 'v' | 'sid' | 'auth'>

export interface WireRequest {
  /** The server's base URL without a trailing slash, such as `https://example.org/realtime`. */
  readonly url: string
  /** Asked each time the client has to say who it is and what it wants to hear: the cursor of that moment. */
  openObject(this: void): Promise<OpenObject>
  /** Asked each time the client has to say who it is, beside the wire. */
  identity(this: void): Promise<Identity>
  readonly events: WireEvents
}

/** One open transport. Opens once and never retries; its owner decides what comes next. */
export interface Wire {
  /** Sends frames at once. Only on wires that carry both directions. */
  readonly send?: (frames: readonly ClientFrame[]) => void
  /**
   * Sends messages beside the wire, where it carries only one direction. Resolves with the answers (`ack`, `err`).
   * Rejects where the network or the server failed: nothing is known about the messages then.
   */
  readonly post?: (frames: readonly PubFrame[], signal: AbortSignal) => Promise<readonly ServerFrame[]>
  /** Ends it; no event is told after that. Safe to call twice. */
  close(): void
}

/** A way to carry frames. */
export interface Transport {
  readonly name: TransportName
  /** Why this environment cannot use it, or `undefined` where it can. */
  unsupported(): string | undefined
  open(request: WireRequest): Wire
}
