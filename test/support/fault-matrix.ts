import type { LadderOptions } from '../../src/client/options.ts'
import type { TransportName } from '../../src/client/transport.ts'
import { createScope } from '../../src/lib/scope.ts'
import { type Judgement, judgeDelivery } from './delivery-oracle.ts'
import type { FaultSettings } from './fault-proxy/settings.ts'
import { NUMBERS, publishNumbers, receiveNumbers, type ReceivedNumbers } from './numbers.ts'
import { startSystem } from './system.ts'
import { until } from './until.ts'

const WEBSOCKET_FAULTS = {
  'refused with 502': 502,
  hung: 'hang',
  'open but silent': 'silent',
  'accepted then dropped': 'drop',
  'stripped of Upgrade': 'strip',
} as const satisfies Record<string, FaultSettings['websocket']>

const SSE_FAULTS = {
  fine: 'ok',
  buffered: 'buffered',
  'headers withheld': 'withheld',
} as const satisfies Record<string, FaultSettings['sse']>

/** One fault of the WebSocket with one of the event stream, from the start or while the WebSocket carries messages. */
export interface Cell {
  readonly websocket: keyof typeof WEBSOCKET_FAULTS
  readonly sse: keyof typeof SSE_FAULTS
  readonly when: 'at connect' | 'in mid-life'
}

export const CELLS: readonly Cell[] = (Object.keys(WEBSOCKET_FAULTS) as Cell['websocket'][]).flatMap((websocket) =>
  (Object.keys(SSE_FAULTS) as Cell['sse'][]).flatMap((sse) =>
    (['at connect', 'in mid-life'] as const).map((when) => ({ websocket, sse, when })),
  ),
)

/** The best rung that the faults leave. */
export const rungOf = ({ sse }: Cell): TransportName => (sse === 'fine' ? 'sse' : 'longpoll')

export interface CellResult {
  /** What carried the messages while the fault lasted. */
  readonly rung: TransportName | null
  /** From the start or the fault's beginning to the first message that a working rung delivered, in milliseconds. */
  readonly fallMs: number
  /** From the fault's end to the WebSocket carrying everything alone, in milliseconds. */
  readonly backMs: number
  readonly judgement: Judgement
  readonly resets: number
  /** Messages stored in the whole time. */
  readonly stored: number
}

export interface CellOptions {
  readonly ladder?: LadderOptions
  /** Wakes the client; called when the fault has ended, and each second until the client is back. */
  readonly wake?: () => void
}

const PER_SECOND = 200
/** Long enough to know how busy the wire usually is. */
const MID_LIFE_MESSAGES = 2.6 * PER_SECOND
/** How many messages each phase goes on with. */
const PHASE_MESSAGES = 60

/** Plays one cell: 200 messages a second flow while the fault comes and goes. */
export async function runCell(cell: Cell, { ladder, wake }: CellOptions = {}): Promise<CellResult> {
  const scope = createScope()
  const system = await startSystem({ topics: NUMBERS })
  const { proxy } = system
  try {
    const fault = { websocket: WEBSOCKET_FAULTS[cell.websocket], sse: SSE_FAULTS[cell.sse] }
    const publisher = publishNumbers(scope, system, PER_SECOND)
    const client = system.openClient(ladder ? { ladder } : {})
    const listen = () => receiveNumbers(client)
    const receives = ({ numbers }: ReceivedNumbers, count: number) =>
      until(`${count} messages`, () => numbers.length >= count)
    const further = (received: ReceivedNumbers) => receives(received, received.numbers.length + PHASE_MESSAGES)

    let received: ReceivedNumbers
    let faultMs: number
    let before: number
    if (cell.when === 'at connect') {
      proxy.set(fault)
      await until('the first messages', () => publisher.stored.length > 0)
      before = 0
      faultMs = performance.now()
      received = listen()
    } else {
      received = listen()
      await receives(received, MID_LIFE_MESSAGES)
      faultMs = performance.now()
      proxy.set(fault)
      // A refused or swallowed handshake is noticed only by who has to connect again.
      if (fault.websocket !== 'silent' && fault.websocket !== 'drop') proxy.cut('rst', 'websocket')
      before = publisher.stored.at(-1) ?? 0
    }
    await until('a message over a working rung', () => (received.numbers.at(-1) ?? 0) > before)
    const fallMs = performance.now() - faultMs
    await further(received)
    const rung = client.connection.getSnapshot().transport

    const healedMs = performance.now()
    proxy.heal()
    const waking = scope.child()
    const wakeAgain = () => {
      wake?.()
      waking.after(1000, wakeAgain)
    }
    wakeAgain()
    const { open } = proxy.traffic
    await until('the WebSocket alone', () => open.websocket === 1 && open.sse + open.poll === 0 && isOnWebSocket())
    const backMs = performance.now() - healedMs
    waking.stop()
    await further(received)
    await publisher.stop()
    await receives(received, publisher.stored.length)
    const judgement = judgeDelivery(publisher.stored, received.numbers)
    return { rung, fallMs, backMs, judgement, resets: received.resets.length, stored: publisher.stored.length }

    function isOnWebSocket() {
      return client.connection.getSnapshot().transport === 'websocket'
    }
  } finally {
    scope.stop()
    await system.close()
  }
}
