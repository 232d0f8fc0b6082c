import type { FaultProxy } from '../support/fault-proxy.ts'
import type { FaultSettings } from '../support/fault-proxy/settings.ts'
import { RUNG_FAULTS, RUNGS } from '../support/rungs.ts'
import type { Dice } from './dice.ts'

/** What befalls one client's network. Returns how long it lasts, in milliseconds; nothing where it is over at once. */
type NetworkFault = (proxy: FaultProxy, dice: Dice) => number | void

const during = (choose: (dice: Dice) => Partial<FaultSettings>, least: number, most: number): NetworkFault => {
  return (proxy, dice) => {
    proxy.set(choose(dice))
    return dice.between(least, most)
  }
}

const cutAll: NetworkFault = (proxy, dice) => proxy.cut(dice.pick(['rst', 'fin']))
const cutSome: NetworkFault = (proxy, dice) =>
  proxy.cut(dice.pick(['rst', 'fin']), dice.pick(['websocket', 'sse', 'poll', 'send']))

/** With its weight: how often it comes. */
const FAULTS: readonly (readonly [number, NetworkFault])[] = [
  [4, cutAll],
  [6, cutSome],
  [1, (proxy) => proxy.halfOpen()],
  [3, during(() => ({ stalled: true }), 20, 400)],
  // Longer than the client's patience, so that the old wire lives again after it was replaced.
  [1, during(() => ({ stalled: true }), 600, 1_200)],
  // The best rung that works changes, and stays so until it changes again.
  [5, (proxy, dice) => proxy.set({ websocket: 'ok', sse: 'ok', ...RUNG_FAULTS[dice.pick(RUNGS)] })],
  [2, during((dice) => ({ websocket: dice.pick(['hang', 'silent', 'drop', 'strip', 'html', 'rst']) }), 50, 500)],
  [2, during((dice) => ({ sse: dice.pick(['buffered', 'withheld']) }), 50, 500)],
  [2, during((dice) => ({ poll: dice.pick(['slow', 'lossy']), slowMs: 100 }), 50, 500)],
  [1, during(() => ({ send: 'block' }), 50, 300)],
  [1, during(() => ({ captive: true }), 50, 300)],
  [2, during((dice) => ({ bytesPerSecond: dice.between(8_000, 60_000) }), 100, 800)],
  [2, during((dice) => ({ chunk: { seed: dice.between(1, 1e6), max: 200 } }), 50, 300)],
  [2, during((dice) => ({ latencyMs: dice.between(5, 60), jitterMs: 30 }), 100, 500)],
  [2, during((dice) => ({ cutAfterBytes: dice.between(200, 30_000) }), 100, 500)],
  [2, during((dice) => ({ cutAfterMs: dice.between(5, 100), cutHow: dice.pick(['rst', 'fin']) }), 100, 400)],
  // Done, but never answered; done twice.
  [3, during((dice) => ({ only: /\/(send|poll)/, dropResponses: dice.between(1, 3) }), 50, 500)],
  [3, during((dice) => ({ only: /\/send/, duplicateRequests: dice.between(1, 4) }), 50, 500)],
]

const WEIGHTED = FAULTS.flatMap(([weight, fault]) => Array.from({ length: weight }, () => fault))

export interface NetworkFaults {
  /** One fault befalls one network; it ends by itself. */
  strike(proxy: FaultProxy): void
  /** For a while nothing is reached at all. */
  away(proxy: FaultProxy): Promise<void>
  readonly strikes: number
}

export function createNetworkFaults(dice: Dice, after: (ms: number, run: () => void) => void): NetworkFaults {
  const unreachable = new Set<FaultProxy>()
  let strikes = 0
  return {
    async away(proxy) {
      if (unreachable.has(proxy)) return
      unreachable.add(proxy)
      strikes++
      await proxy.down()
      await new Promise((resolve) => setTimeout(resolve, dice.between(20, 400)))
      await proxy.up()
      unreachable.delete(proxy)
    },
    get strikes() {
      return strikes
    },
    strike(proxy) {
      strikes++
      const lasts = dice.pick(WEIGHTED)(proxy, dice)
      if (lasts === undefined) return
      after(lasts, () => {
        const { websocket, sse } = proxy.settings
        proxy.heal()
        // The rung that works best is nobody's fault and stays.
        if (websocket === 502) proxy.set({ websocket, ...(sse === 'withheld' && { sse }) })
      })
    },
  }
}
