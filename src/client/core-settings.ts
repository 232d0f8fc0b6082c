import type { LadderSettings } from './ladder.ts'
import type { LadderOptions } from './options.ts'

/** The ladder's options with every default filled in. */
export const settingsOf = ({
  raceAfterMs = 300,
  proveWithinMs = 5_000,
  stableMs = 10_000,
  climb,
  retry,
}: LadderOptions = {}): Omit<LadderSettings, 'names'> => ({
  raceAfterMs,
  proveWithinMs,
  stableMs,
  climb: { minMs: 10_000, maxMs: 600_000, ...climb },
  retry: { minMs: 500, maxMs: 5_000, ...retry },
})

/** The URL of the endpoints, absolute and without a trailing slash. Throws a `TypeError` where it cannot be made. */
export function resolveBase(url: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href
  let base: URL
  try {
    base = new URL(url, page)
  } catch (cause) {
    const needs = page === undefined ? 'outside a page it must be absolute' : 'expected a URL'
    throw new TypeError(`option \`url\`: ${needs}, such as https://example.org/realtime, got ${JSON.stringify(url)}`, {
      cause,
    })
  }
  base.protocol = base.protocol.replace(/^ws/, 'http')
  base.hash = ''
  return base.href.replace(/\/$/, '')
}
