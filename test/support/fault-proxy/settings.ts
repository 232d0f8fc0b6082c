import type { Store } from '../../../src/lib/store.ts'

/** What a request is for; told by the path's last part, `Upgrade` and `Accept`. */
export type TrafficKind = 'websocket' | 'sse' | 'poll' | 'send' | 'other'

/** How a connection ends: an orderly end or a reset. */
export type CutHow = 'fin' | 'rst'

/** What the proxy does to the traffic at this moment. All times in milliseconds. */
export interface FaultSettings {
  /** Delay of all bytes, each way. */
  readonly latencyMs: number
  /** Up to so much more, drawn for each chunk; the order stays. */
  readonly jitterMs: number
  /** Bytes a second each way; `0` is unlimited. */
  readonly bytesPerSecond: number
  /** How bytes are cut into writes: `0` as they come, a size, or random sizes up to `max` from a seed. */
  readonly chunk: number | { readonly seed: number; readonly max: number }
  /** Cuts each connection after so many bytes towards the client. */
  readonly cutAfterBytes: number | null
  /** Cuts each connection so long after it opened, or after this was set if that is later. */
  readonly cutAfterMs: number | null
  readonly cutHow: CutHow
  /** Holds all bytes both ways, the ends of connections too, until it is `false` again. */
  readonly stalled: boolean

  /**
   * Handshakes of WebSockets: answered with a status or an HTML page (`html`), reset, never answered (`hang`), accepted
   * without a frame ever passing (`silent`), accepted and dropped (`drop`), or passed on without `Upgrade` (`strip`, as
   * nginx does by default). `silent` and `drop` also befall the open ones; a silenced connection never speaks again.
   */
  readonly websocket: 'ok' | 400 | 403 | 426 | 501 | 502 | 'html' | 'rst' | 'hang' | 'silent' | 'drop' | 'strip'
  /** How long a dropped WebSocket lives after its handshake. */
  readonly dropAfterMs: number
  /** Event streams: the body held back (`buffered`), or the headers too (`withheld`), until the end of the stream. */
  readonly sse: 'ok' | 'buffered' | 'withheld'
  /** Polls: answered `slowMs` later, or every second answer lost. */
  readonly poll: 'ok' | 'slow' | 'lossy'
  readonly slowMs: number
  /** `block`: refused with 403 and an HTML page. */
  readonly send: 'ok' | 'block'
  /** All requests, handshakes too, are answered 200 with the HTML page of a login. */
  readonly captive: boolean
  /** Headers that do not reach the origin, lower case. */
  readonly stripRequestHeaders: readonly string[]
  /** An origin that is silent for so long is given up: 504 with an HTML page, or a cut where the answer has begun. */
  readonly requestTimeoutMs: number | null

  /** Which requests the next three befall, tested against `METHOD /path`. */
  readonly only: RegExp
  /** Of so many requests to come the answer is lost: the origin has done the work, the connection is reset. */
  readonly dropResponses: number
  /** Of so many requests to come the answer never arrives. */
  readonly hangResponses: number
  /** So many requests to come reach the origin twice. */
  readonly duplicateRequests: number
}

export const FAULTLESS: FaultSettings = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: 0,
  chunk: 0,
  cutAfterBytes: null,
  cutAfterMs: null,
  cutHow: 'rst',
  stalled: false,
  websocket: 'ok',
  dropAfterMs: 0,
  sse: 'ok',
  poll: 'ok',
  slowMs: 800,
  send: 'ok',
  captive: false,
  stripRequestHeaders: [],
  requestTimeoutMs: null,
  only: /^/,
  dropResponses: 0,
  hangResponses: 0,
  duplicateRequests: 0,
}

type Budget = 'dropResponses' | 'hangResponses' | 'duplicateRequests'

/** Whether this request is one of those to come that a fault was ordered for; counts it off. */
export function takeOne(settings: Store<FaultSettings>, budget: Budget, request: string): boolean {
  const now = settings.get()
  if (now[budget] <= 0 || !now.only.test(request)) return false
  settings.set({ ...now, [budget]: now[budget] - 1 })
  return true
}
