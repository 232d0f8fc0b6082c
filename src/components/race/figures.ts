import type { TransportName } from '../../client/transport.ts'

/** What was measured of one transport; `null`: it did not come so far. */
export interface RaceResult {
  readonly transport: TransportName
  /** From `connect()` to the server's proof, in milliseconds; the median of some. */
  readonly setupMs: number | null
  /** From a send in this page to the handler in this page, in milliseconds; sent the same way for all transports. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Messages a second of a burst, from asking for it until the last one was handled. */
  readonly perSecond: number | null
  /** Bytes of both directions beside the data, for each message. */
  readonly overheadBytes: number | null
  /** From a cut to a message that was sent at that moment, in milliseconds; back-off and the way of the sender are in it. */
  readonly reconnectMs: number | null
  /** Messages that did not arrive, and those that came twice or out of order. */
  readonly lost: number
  readonly disordered: number
  /** Why it did not come to the end. */
  readonly failure: string | null
}

export const emptyResult = (transport: TransportName): RaceResult => ({
  transport,
  setupMs: null,
  p50Ms: null,
  p99Ms: null,
  perSecond: null,
  overheadBytes: null,
  reconnectMs: null,
  lost: 0,
  disordered: 0,
  failure: null,
})

/** The value below which a share of the values is, by nearest rank; `null` of none. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** A table in Markdown; a bar in a text must not end its cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/[|\\]/g, '\\$&')).join(' | ')} |`
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line), ''].join('\n')
}
