import { EverwireError } from '../protocol/errors.ts'

/** Where an endpoint is; a function is asked at each attempt, for addresses or tickets that change. */
export type EndpointUrl = string | URL | (() => string | URL | Promise<string | URL>)

/**
 * The address of the next attempt, resolved against the page's address where there is one.
 * @param scheme - `ws` turns `http:` and `https:` into `ws:` and `wss:`
 * @throws EverwireError `unsupported`, not retryable, where it is no address of that scheme
 */
export async function resolveUrl(url: EndpointUrl, scheme: 'ws' | 'http'): Promise<URL> {
  const given = typeof url === 'function' ? await url() : url
  const base = (globalThis as { location?: { href: string } }).location?.href
  try {
    const resolved = new URL(given, base)
    if (scheme === 'ws') resolved.protocol = resolved.protocol.replace('http', 'ws')
    // The fragment stays with the client (RFC 6455 §3, RFC 9110 §4.2.5).
    resolved.hash = ''
    if (resolved.protocol.startsWith(scheme)) return resolved
  } catch {
    // No address at all: said below, like an address of another scheme.
  }
  throw new EverwireError('unsupported', `expected a ${scheme} URL (relative only on a page), got ${String(given)}`)
}
