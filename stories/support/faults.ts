import type { Faults } from '../../demo-server/faults/switches.ts'
import { postJson } from '../../demo-server/page/lib/post-json.ts'

interface FaultPreset {
  readonly title: string
  readonly faults: Partial<Faults>
}

/** What the toolbar's fault switch offers. */
export const FAULT_PRESETS = {
  none: { title: 'Nothing is broken', faults: {} },
  refused: { title: 'WebSocket refused', faults: { websocket: 'refuse' } },
  hung: { title: 'WebSocket handshake never answered', faults: { websocket: 'hang' } },
  silent: { title: 'WebSocket open, but silent', faults: { websocket: 'silence' } },
  dropped: { title: 'WebSocket accepted, then dropped', faults: { websocket: 'drop' } },
  stripped: { title: 'Upgrade header stripped', faults: { websocket: 'strip' } },
  buffered: { title: 'WebSocket refused, SSE buffered', faults: { websocket: 'refuse', sse: 'buffer' } },
  muted: { title: 'WebSocket refused, SSE swallowed', faults: { websocket: 'refuse', sse: 'mute' } },
  withheld: { title: 'WebSocket refused, SSE withheld', faults: { websocket: 'refuse', sse: 'withhold' } },
  slow: { title: 'Only long polling, and slow', faults: { websocket: 'refuse', sse: 'withhold', poll: 'slow' } },
  lossy: { title: 'Only long polling, and lossy', faults: { websocket: 'refuse', sse: 'withhold', poll: 'lossy' } },
} as const satisfies Record<string, FaultPreset>

export type FaultName = keyof typeof FAULT_PRESETS

const MENDED: Faults = { websocket: 'ok', sse: 'ok', poll: 'ok', send: 'ok' }

/** Sets all switches of one client of the demo server: what is not named is mended. */
export async function setFaults(clientId: string, faults: Partial<Faults>): Promise<void> {
  await postJson(`/faults/${clientId}`, { ...MENDED, ...faults })
}

/** How many messages a second the demo server's counter of that name sends, from 1 to 500. */
export async function setRate(counter: string, perSecond: number): Promise<void> {
  await postJson(`/counters/${counter}`, { perSecond })
}
