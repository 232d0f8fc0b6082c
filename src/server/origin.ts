import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { RealtimeServerOptions } from './options.ts'

/**
 * - `same`: the page's own server, or no page at all
 * - `listed`: another origin that may connect, with cookies
 * - `any`: another origin, since all may, but without cookies
 * - `refused`
 */
type Verdict = 'same' | 'listed' | 'any' | 'refused'

/** Which pages may talk to the server. Browsers send cookies along whoever asks, so asking is not enough (CWE-1385). */
export interface Origins {
  judge(request: IncomingMessage): Verdict
  /** The headers of an answer: what the page may read. */
  headersFor(request: IncomingMessage): Record<string, string>
  /** The request's headers as `authenticate` may see them. */
  trusted(request: IncomingMessage): IncomingHttpHeaders
}

export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type, authorization, last-event-id, idempotency-key',
  'access-control-max-age': '600',
}

export function createOrigins(origins: RealtimeServerOptions['origins'] = 'same'): Origins {
  const listed = new Set(Array.isArray(origins) ? (origins as readonly string[]).map(assertOrigin) : [])

  function judge(request: IncomingMessage): Verdict {
    const { origin } = request.headers
    if (origin === undefined) {
      // No `Origin`: not a page, or a page's plain GET. Where the browser says that another site asks, it is refused.
      const site = request.headers['sec-fetch-site']
      return site === undefined || site === 'same-origin' || site === 'none' || origins === '*' ? 'same' : 'refused'
    }
    if (isSame(origin, request)) return 'same'
    if (listed.has(origin)) return 'listed'
    return origins === '*' ? 'any' : 'refused'
  }

  return {
    judge,
    headersFor(request) {
      const verdict = judge(request)
      const headers: Record<string, string> = { vary: 'Origin' }
      if (verdict === 'any') headers['access-control-allow-origin'] = '*'
      if (verdict === 'listed') {
        headers['access-control-allow-origin'] = request.headers.origin!
        headers['access-control-allow-credentials'] = 'true'
      }
      if (verdict === 'any' || verdict === 'listed') headers['access-control-expose-headers'] = 'retry-after'
      return headers
    },
    trusted(request) {
      const site = request.headers['sec-fetch-site']
      const foreign = judge(request) === 'any' || (site !== undefined && site !== 'same-origin' && site !== 'none')
      if (origins !== '*' || !foreign) return request.headers
      const { cookie: _, ...headers } = request.headers
      return headers
    },
  }
}

function assertOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new TypeError(`an origin must be exact, such as "https://app.example.org", got ${JSON.stringify(origin)}`)
}

/** Whether the page came from the host that it asks now. */
function isSame(origin: string, request: IncomingMessage): boolean {
  const host = request.headers.host ?? request.headers[':authority']
  if (typeof host !== 'string' || !URL.canParse(origin)) return false
  const { protocol, host: originHost, origin: exact } = new URL(origin)
  if (exact !== origin || (protocol !== 'http:' && protocol !== 'https:')) return false
  // Behind a proxy that ends TLS the page is https where this socket is not; never the other way round.
  if ('encrypted' in request.socket && protocol !== 'https:') return false
  const asked = `${protocol}//${host}`
  return URL.canParse(asked) && new URL(asked).host === originHost
}
