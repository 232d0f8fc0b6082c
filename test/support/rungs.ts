import type { TransportName } from '../../src/client/transport.ts'
import type { FaultSettings } from './fault-proxy/settings.ts'

export type RungName = TransportName

/** What makes a rung the best that works. */
export const RUNG_FAULTS: Readonly<Record<RungName, Partial<FaultSettings>>> = {
  websocket: {},
  sse: { websocket: 502 },
  longpoll: { websocket: 502, sse: 'withheld' },
}

export const RUNGS = Object.keys(RUNG_FAULTS) as RungName[]
