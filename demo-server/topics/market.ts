import { createRandom } from './random.ts'

/** One symbol's new price, and the one it had when the market opened. */
export interface PriceUpdate {
  readonly symbol: string
  readonly name: string
  readonly price: number
  readonly open: number
}

/** Companies that do not exist. */
const LISTED: readonly (readonly [symbol: string, name: string, open: number])[] = [
  ['AMBR', 'Amber Lighting', 48.2],
  ['BRCH', 'Birch & Sons', 112.75],
  ['CLDR', 'Calder Mills', 23.4],
  ['DELT', 'Delta Ferries', 67.1],
  ['ELMW', 'Elmwood Foods', 154.3],
  ['FJRD', 'Fjord Shipping', 89.95],
  ['GRNT', 'Granite Works', 31.6],
  ['HZEL', 'Hazel Instruments', 276.4],
  ['INKW', 'Inkwell Press', 18.85],
  ['JUNI', 'Juniper Health', 203.5],
  ['KELP', 'Kelp Materials', 41.05],
  ['LARK', 'Lark Aviation', 95.7],
  ['MOSS', 'Moss Networks', 138.2],
  ['NORD', 'Nordlys Energy', 72.45],
  ['OAKR', 'Oak Ridge Rail', 119.9],
  ['PLUM', 'Plum Orchard', 27.3],
  ['QRTZ', 'Quartz Timing', 312.6],
  ['REED', 'Reed Acoustics', 54.15],
  ['SLTE', 'Slate Roofing', 36.8],
  ['TEAL', 'Teal Robotics', 187.25],
]

/** A market of 20 symbols that walks at random, the same way for the same seed. */
export interface Market {
  /** Moves the next symbol. All 20 move before one moves again. */
  next(): PriceUpdate
}

export function createMarket(seed: string): Market {
  const random = createRandom(seed)
  const prices = LISTED.map(([, , open]) => open)
  let turn: number[] = []
  // Of three dice, so that small moves are common and large ones rare.
  const step = () => (random() + random() + random() - 1.5) * 0.008
  return {
    next() {
      if (turn.length === 0) turn = shuffled(LISTED.length, random)
      const at = turn.pop()!
      const [symbol, name, open] = LISTED[at]!
      // The pull towards the opening price keeps a walk of hours on the chart.
      const pull = (open / prices[at]! - 1) * 0.01
      prices[at] = Math.max(0.01, prices[at]! * (1 + step() + pull))
      return { symbol, name, open, price: Math.round(prices[at] * 100) / 100 }
    },
  }
}

function shuffled(length: number, random: () => number): number[] {
  const order = Array.from({ length }, (_, index) => index)
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[order[last], order[other]] = [order[other]!, order[last]!]
  }
  return order
}
