import type { Transport, WireRequest } from '../../client/transport.ts'

/** What one message of an ordinary server says. */
export interface PlainMessage {
  /** Its topic; absent: it belongs to every topic that the client listens to over this connection. */
  readonly topic?: string | undefined
  readonly type: string
  readonly data?: unknown
  /** What tells it apart from every other message of its topic; without one a message may come twice at a switch. */
  readonly id?: string | undefined
}

/** Where a message came from: the transport, and what an event stream said beside the data. */
export interface PlainSource {
  readonly transport: Transport['name']
  /** The event's name, on an event stream. */
  readonly event?: string
  /** The event's id, on an event stream; the topic that was asked for, on a long poll. */
  readonly id?: string
  readonly topic?: string
}

/** What an application sends. */
export interface PlainSend {
  readonly topic: string
  readonly type: string
  readonly data: unknown
  /** The idempotency key, for servers that know what to do with it. */
  readonly key: string
}

/** The URL of an endpoint of the server. */
export const endpointUrl = ({ url }: Pick<WireRequest, 'url'>, path: string): URL => new URL(path, `${url}/`)
