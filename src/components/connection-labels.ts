import type { ConnectionStatus } from '../client/connection-snapshot.ts'
import type { TransportName } from '../client/transport.ts'
import type { VerdictReason } from '../client/verdict.ts'

/** The names of the transports, for people. */
export type TransportLabels = Readonly<Record<TransportName, string>>

export const TRANSPORT_LABELS: TransportLabels = {
  websocket: 'WebSocket',
  sse: 'Server-Sent Events',
  longpoll: 'Long polling',
}

/** The transports, best first. */
export const TRANSPORTS: readonly TransportName[] = ['websocket', 'sse', 'longpoll']

/** Every text that tells of a connection. */
export interface ConnectionLabels extends Readonly<Record<ConnectionStatus, string>> {
  readonly transports: TransportLabels
  /** `Live over WebSocket`: what is added to `open` where the transport is shown. */
  readonly over: (transport: string) => string
  readonly retryIn: (seconds: number) => string
  /** Instead of `retryIn` while an attempt runs. */
  readonly retrying: string
  readonly latency: (ms: number) => string
}

export const CONNECTION_LABELS: ConnectionLabels = {
  idle: 'Not connected yet',
  connecting: 'Connecting',
  open: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  suspended: 'Paused',
  failed: 'Disconnected',
  transports: TRANSPORT_LABELS,
  over: (transport) => ` over ${transport}`,
  retryIn: (seconds) => `Retrying in ${seconds} s`,
  retrying: 'Retrying now',
  latency: (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
}

export const REASON_LABELS: Readonly<Record<VerdictReason, string>> = {
  unsupported: 'not supported here',
  refused: 'refused',
  hung: 'no answer',
  silent: 'open, but silent',
  muted: 'held back by a proxy',
  flapping: 'keeps dropping',
  'uplink-dead': 'sending fails',
  rejected: 'the server said no',
}
