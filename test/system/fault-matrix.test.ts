import { describe, test } from 'vitest'
import { FLAWLESS } from '../support/delivery-oracle.ts'
import { CELLS, rungOf, runCell } from '../support/fault-matrix.ts'

/** Climbs often, so that the way back takes no test's time. */
const ladder = { proveWithinMs: 1500, climb: { minMs: 50, maxMs: 100 } }

describe.concurrent('200 messages a second arrive once and in order, and the client comes back to the WebSocket', () => {
  test.for(CELLS)('WebSocket $websocket, SSE $sse, $when', { timeout: 60_000 }, async (cell, { expect }) => {
    const { rung, judgement, resets } = await runCell(cell, { ladder })
    expect({ rung, judgement, resets }).toEqual({ rung: rungOf(cell), judgement: FLAWLESS, resets: 0 })
  })
})
