import { LIMITS } from '../protocol/limits.ts'

/** What one client, and all of them together, may ask of a server. Times are in milliseconds. */
export interface ServerLimits {
  /** Bytes of one incoming batch, open object or body. @defaultValue 65536 */
  readonly inBytes: number
  /** Bytes of one message's data, as JSON. @defaultValue 32768 */
  readonly dataBytes: number
  /** Topics of one connection; those above it are answered `unsub 4013`. @defaultValue 100 */
  readonly topics: number
  /** Messages that one resume replays for a topic; more is answered `reset: limit`. @defaultValue 500 */
  readonly replayMessages: number
  /** Bytes that one resume replays for a topic; more is answered `reset: limit`. @defaultValue 1048576 */
  readonly replayBytes: number
  /**
   * Bytes waiting for one connection. Above it nothing more is pushed: the connection is behind, and pulls from the
   * history when its socket drains. @defaultValue 262144
   */
  readonly bufferBytes: number
  /** How long a connection may be behind without its socket draining once; then it ends with 4101. @defaultValue 30000 */
  readonly behindMs: number
  /** How long a WebSocket has for its open object; then it ends with 4102. @defaultValue 10000 */
  readonly openMs: number
  /** How long a request's body may take; then it is answered 408. @defaultValue 10000 */
  readonly bodyMs: number
  /** How long `authenticate`, `authorize`, `snapshot` and `onPublish` may take. @defaultValue 5000 */
  readonly hookMs: number
  /** How long a long poll is held when the client does not say. @defaultValue 25000 */
  readonly pollWaitMs: number
  /** How long a long poll is held at most. @defaultValue 60000 */
  readonly pollMaxWaitMs: number
  /** Connections of this instance; more are answered 503. @defaultValue 50000 */
  readonly connections: number
  /** Messages a second that one client may send, in the long run; more is answered `err 4529`. @defaultValue 100 */
  readonly sendsPerSecond: number
  /** Messages that one client may send at once before `sendsPerSecond` counts. @defaultValue 200 */
  readonly sendBurst: number
  /** How long a repeated idempotency key is recognised. @defaultValue 120000 */
  readonly keyMs: number
  /** Bytes of what one client says of itself in a topic's presence, as JSON; more is answered `err 4013`. @defaultValue 1024 */
  readonly infoBytes: number
  /** Users in a list of who is there; of those above it only the number is told. @defaultValue 200 */
  readonly presentUsers: number
  /** Least time between two differences of one list; what changes in between is told together. @defaultValue 250 */
  readonly presenceMs: number
}

export const SERVER_LIMITS: ServerLimits = {
  inBytes: LIMITS.inBytes,
  dataBytes: LIMITS.dataBytes,
  topics: LIMITS.topics,
  replayMessages: LIMITS.replayMessages,
  replayBytes: LIMITS.replayBytes,
  bufferBytes: LIMITS.bufferBytes,
  behindMs: 30_000,
  openMs: LIMITS.openMs,
  bodyMs: 10_000,
  hookMs: 5_000,
  pollWaitMs: LIMITS.pollWaitMs,
  pollMaxWaitMs: 60_000,
  connections: 50_000,
  sendsPerSecond: 100,
  sendBurst: 200,
  keyMs: 120_000,
  infoBytes: 1_024,
  presentUsers: 200,
  presenceMs: 250,
}
