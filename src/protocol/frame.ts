import type { From, Position } from './position.ts'

/** The version of the wire that this code speaks; also the WebSocket subprotocol `everwire.v1`. */
export const VERSION = 1
export const SUBPROTOCOL = 'everwire.v1'

/** A window from which a delay is drawn: `[least, most]` milliseconds. */
export type RetryWindow = readonly [minMs: number, maxMs: number]

/**
 * What a client says first, on every transport: who it is and what it wants to hear from where.
 * WebSocket: `{"t":"open", ...}` as first message. SSE and long poll: the body of the request.
 */
export interface OpenObject {
  readonly v: number
  /** The client's session id: 22 random characters, one per client, the same over all transports and reconnects. */
  readonly sid: string
  /** The token, where the application uses one. */
  readonly auth?: string
  /** Topic → where to start. */
  readonly subs: Readonly<Record<string, From>>
  /** Topic → what the client wants of its presence. Said anew with every open object: the server keeps no session. */
  readonly pres?: Readonly<Record<string, PresenceWish>>
  /** Optional features that the client understands: `bin` (binary frames). */
  readonly caps?: readonly string[]
  /** Long poll only: how long the server may hold an empty answer, in milliseconds. */
  readonly wait?: number
  /** SSE only: bytes of padding comment to send first, for proxies that buffer the first kilobytes. */
  readonly pad?: number
}

export interface OpenFrame {
  readonly t: 'open'
  readonly v: number
  /** The server's id of this connection. */
  readonly cid: string
  /** The server's heartbeat: it lets no more than this pass without a frame, in milliseconds. */
  readonly hb: number
  /** The window for the first retry after a cut without `bye`. */
  readonly retry: RetryWindow
  readonly lim: ServerLimits
  readonly caps: readonly string[]
  /** How long the credentials last from now on, in milliseconds; absent: without end. */
  readonly exp?: number
}

/** What a client must keep. */
export interface ServerLimits {
  /** Bytes of a batch. */
  readonly in: number
  /** Bytes of a message's data. */
  readonly data: number
  readonly topics: number
  /** How long a repeated idempotency key is recognised, in milliseconds. */
  readonly key?: number
}

export interface MessageFrame {
  readonly t: 'm'
  readonly c: string
  readonly i: Position
  /** The event's name. */
  readonly e: string
  readonly d?: unknown
  /** When it was published, milliseconds since 1970 by the server's clock; for people, never for order. */
  readonly ts?: number
  /** The sender's idempotency key, by which a sender knows its own message. */
  readonly k?: string
  /** `1`: the data is binary; base64 in text frames, the rest of the message in binary WebSocket frames. */
  readonly b?: 1
}

export interface SubFrame {
  readonly t: 'sub'
  readonly c: string
  readonly i: Position
  /** How many messages were replayed before this frame. */
  readonly n: number
}

export type ResetReason = 'epoch' | 'trimmed' | 'fork' | 'limit'

export interface ResetFrame {
  readonly t: 'reset'
  readonly c: string
  readonly i: Position
  readonly why: ResetReason
}

export interface SnapFrame {
  readonly t: 'snap'
  readonly c: string
  readonly i: Position
  readonly d?: unknown
}

export interface UnsubFrame {
  readonly t: 'unsub'
  readonly c: string
  readonly code: number
}

export interface AckFrame {
  readonly t: 'ack'
  readonly id: string
  readonly i: Position
  /** `1`: it had been stored before under the same key. */
  readonly dup?: 1
}

export interface ErrFrame {
  readonly t: 'err'
  readonly id?: string
  readonly c?: string
  readonly code: number
  readonly msg: string
  /** After how many milliseconds trying again makes sense. Absent: trying again does not help. */
  readonly retry?: number
}

/** What a client wants of a topic's presence. To be seen and to see who is there are separate. */
export interface PresenceWish {
  /** To be seen there. */
  readonly on: boolean
  /** What the others see beside the name. */
  readonly info?: unknown
  /** To see who is there. */
  readonly watch?: boolean
  /** The version of the list that the client has: where it is the newest, the list is not sent again. */
  readonly at?: string
}

/** A user who is there, whatever the number of its sessions. */
export interface PresentUser {
  readonly user: string
  /** That of the session that said it last. */
  readonly info?: unknown
  /** Its sessions. */
  readonly conns: number
}

/**
 * Who came or changed, and who left. `all: 1`: `join` is the whole list. `ok: 1`: the wish is granted, and the list
 * stands at `i`; it follows at once where the client has another version.
 */
export interface PresenceFrame {
  readonly t: 'p'
  readonly c: string
  readonly ok?: 1
  readonly all?: 1
  /** The version of the list after this frame, for those who watch. */
  readonly i?: string
  readonly join: readonly PresentUser[]
  readonly leave: readonly string[]
  /** Users who are there, also those above the limit, whom the list leaves out. */
  readonly n: number
  /** With `ok`: as whom the client itself is in the list. */
  readonly you?: string
}

/** The server's sign of life. `re` repeats the `ts` of the client's ping that it answers. */
export interface HeartbeatFrame {
  readonly t: 'hb'
  readonly ts: number
  readonly re?: number
}

export interface ByeFrame {
  readonly t: 'bye'
  readonly code: number
  readonly why: string
  readonly retry: RetryWindow
}

/** The renewed token was accepted, and its credentials last so long, in milliseconds. */
export interface RenewedFrame {
  readonly t: 'auth'
  readonly exp?: number
}

export type ServerFrame =
  | RenewedFrame
  | OpenFrame
  | MessageFrame
  | SubFrame
  | ResetFrame
  | SnapFrame
  | UnsubFrame
  | AckFrame
  | ErrFrame
  | PresenceFrame
  | HeartbeatFrame
  | ByeFrame

export interface ClientOpenFrame extends OpenObject {
  readonly t: 'open'
}

export interface ClientSubFrame {
  readonly t: 'sub'
  readonly c: Readonly<Record<string, From>>
}

export interface ClientUnsubFrame {
  readonly t: 'unsub'
  readonly c: readonly string[]
}

/** A message to store. `id` names the answer (`ack` or `err`), `k` makes repeating it harmless. */
export interface PubFrame {
  readonly t: 'pub'
  readonly id: string
  readonly c: string
  readonly e: string
  readonly d?: unknown
  readonly k: string
  readonly b?: 1
}

export interface ClientPresenceFrame extends PresenceWish {
  readonly t: 'pres'
  readonly c: string
}

export interface AuthFrame {
  readonly t: 'auth'
  readonly token: string
}

/** A sign of life. With `ts` it is a ping, which the server answers at once with `hb` and `re`. */
export interface ClientHeartbeatFrame {
  readonly t: 'hb'
  readonly ts?: number
}

export type ClientFrame =
  | ClientOpenFrame
  | ClientSubFrame
  | ClientUnsubFrame
  | PubFrame
  | ClientPresenceFrame
  | AuthFrame
  | ClientHeartbeatFrame

/** The body of `POST send`. */
export interface SendObject {
  readonly v: number
  readonly sid: string
  readonly auth?: string
  readonly f: readonly PubFrame[]
}
