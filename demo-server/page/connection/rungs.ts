import type { ConnectionSnapshot, TransportName, Verdict, VerdictReason } from 'everwire'

/** The transports, best first. */
export const RUNGS: readonly { readonly transport: TransportName; readonly label: string }[] = [
  { transport: 'websocket', label: 'WebSocket' },
  { transport: 'sse', label: 'Server-Sent Events' },
  { transport: 'longpoll', label: 'Long polling' },
]

/** What they are called within a sentence. */
export const IN_SENTENCE: Readonly<Record<TransportName, string>> = {
  websocket: 'WebSocket',
  sse: 'Server-Sent Events',
  longpoll: 'long polling',
}

export const labelOf = (transport: TransportName): string =>
  RUNGS.find((rung) => rung.transport === transport)?.label ?? transport

export const REASONS: Readonly<Record<VerdictReason, string>> = {
  unsupported: 'not supported here',
  refused: 'refused',
  hung: 'no answer',
  silent: 'open, but silent',
  muted: 'held back',
  flapping: 'keeps dropping',
  'uplink-dead': 'sending fails',
  rejected: 'server said no',
}

export interface RungView {
  readonly transport: TransportName
  readonly label: string
  readonly state: 'carrying' | 'given-up' | 'trying' | 'ready'
  readonly text: string
}

/** What each rung does now, for people. */
export function viewRungs(connection: ConnectionSnapshot): RungView[] {
  const current = RUNGS.findIndex(({ transport }) => transport === connection.transport)
  return RUNGS.map(({ transport, label }, index) => {
    const view = (state: RungView['state'], text: string): RungView => ({ transport, label, state, text })
    if (connection.status === 'open' && index === current) return view('carrying', 'Carries the traffic')
    if (connection.status === 'open' && index > current) return view('ready', 'Ready if needed')
    const verdict = lastVerdict(connection.trail, transport)
    if (verdict) return view('given-up', `Given up: ${REASONS[verdict.reason]}`)
    if (connection.status === 'connecting' || connection.status === 'reconnecting') return view('trying', 'Being tried')
    return view('ready', connection.status === 'open' ? 'Being tried' : 'Not used now')
  })
}

const lastVerdict = (trail: readonly Verdict[], transport: TransportName) =>
  trail.findLast((verdict) => verdict.transport === transport)
