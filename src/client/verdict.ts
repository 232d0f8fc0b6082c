import type { TransportName } from './transport.ts'

/**
 * Why a transport is not used:
 * - `unsupported`: the environment lacks it
 * - `refused`: the handshake was answered with something else, or not at all reachable
 * - `hung`: no answer to the handshake within the time for proof
 * - `silent`: the handshake was fine, then nothing came
 * - `muted`: the stream opened but its bytes are held back by a proxy
 * - `flapping`: it was proven and dropped again soon, repeatedly
 * - `uplink-dead`: it delivers, but sending beside it fails
 * - `rejected`: the server itself said no
 */
export type VerdictReason =
  | 'unsupported'
  | 'refused'
  | 'hung'
  | 'silent'
  | 'muted'
  | 'flapping'
  | 'uplink-dead'
  | 'rejected'

/** One judgement of the ladder about one of its transports. */
export interface Verdict {
  readonly transport: TransportName
  readonly reason: VerdictReason
  /** What was expected and what came. */
  readonly detail: string
  /** When, in milliseconds since 1970. */
  readonly at: number
}

const ADVICE: Readonly<Record<VerdictReason, string>> = {
  unsupported: 'This environment lacks what the transport needs; nothing to mend on the network.',
  refused:
    'A proxy or server refused the handshake. For WebSocket behind nginx: proxy_http_version 1.1 and the headers Upgrade and Connection. Check the URL and the allowed origins.',
  hung: 'The handshake is neither accepted nor refused: a firewall swallows it, or a proxy holds back the response headers (nginx: proxy_buffering off, or let X-Accel-Buffering through).',
  silent:
    'The connection opens, then no frame passes: a middlebox accepts the upgrade without speaking WebSocket. TLS (wss:) usually cures it.',
  muted:
    'A proxy buffers the stream. Let X-Accel-Buffering: no through, or set proxy_buffering off, and do not compress text/event-stream.',
  flapping:
    'The connection is accepted and dropped again soon: look for idle or lifetime limits of proxies and for crashes of the server.',
  'uplink-dead':
    'Messages arrive, but POST requests to the send endpoint fail: check CORS, body limits and what the proxy allows.',
  rejected: 'The server itself refused: check the token, the permissions and the version of both sides.',
}

/** What to look at after a verdict, in one or two sentences for whoever runs the proxy or the server. */
export const explainVerdict = (verdict: Pick<Verdict, 'reason'>): string => ADVICE[verdict.reason]
