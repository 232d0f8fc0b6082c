/**
 * What can be broken between one client and the server, part by part; `ok` is unbroken.
 *
 * `websocket`
 * - `refuse`: the handshake is answered 502, open sockets are cut
 * - `hang`: the handshake is neither accepted nor refused, open sockets are cut
 * - `silence`: sockets open and stay open, and nothing passes in either direction
 * - `drop`: sockets are accepted and cut soon after
 * - `strip`: a proxy forgets the Upgrade header, so the handshake arrives as a plain GET; open sockets are cut
 *
 * `sse`
 * - `buffer`: the headers pass, the body is held back until the stream ends
 * - `mute`: the headers pass, the body is swallowed
 * - `withhold`: not even the headers pass; open streams are cut
 *
 * `poll`
 * - `slow`: answers come 800 ms late
 * - `lossy`: each third answer is lost after the server did the work
 *
 * `send`
 * - `block`: messages sent beside a stream or a poll are answered 502
 */
export const FAULTS = {
  websocket: ['ok', 'refuse', 'hang', 'silence', 'drop', 'strip'],
  sse: ['ok', 'buffer', 'mute', 'withhold'],
  poll: ['ok', 'slow', 'lossy'],
  send: ['ok', 'block'],
} as const

export type FaultPart = keyof typeof FAULTS

/** The position of every switch of one client. */
export type Faults = { readonly [Part in FaultPart]: (typeof FAULTS)[Part][number] }

export const NO_FAULTS: Faults = { websocket: 'ok', sse: 'ok', poll: 'ok', send: 'ok' }

export const isUnbroken = (faults: Faults): boolean => Object.values(faults).every((fault) => fault === 'ok')

const oneOf = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')

/**
 * Checks switches that came over the wire; those that are not named stay as they are.
 * @throws TypeError that says what is allowed
 */
export function readSwitches(value: unknown): Partial<Faults> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`faults must be a JSON object such as {"websocket": "refuse"}, got ${JSON.stringify(value)}`)
  }
  for (const [part, fault] of Object.entries(value)) {
    if (!Object.hasOwn(FAULTS, part)) {
      throw new TypeError(`faults has ${oneOf(Object.keys(FAULTS))}, got ${JSON.stringify(part)}`)
    }
    const allowed: readonly unknown[] = FAULTS[part as FaultPart]
    if (!allowed.includes(fault)) {
      throw new TypeError(`"${part}" must be one of ${oneOf(FAULTS[part as FaultPart])}, got ${JSON.stringify(fault)}`)
    }
  }
  return value
}
