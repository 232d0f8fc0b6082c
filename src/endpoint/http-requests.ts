import { retryAfterMs } from '../transports/wire-end.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { EndpointOptions } from './endpoint.ts'
import type { Attempt } from './retry-loop.ts'

/** What the two clients over HTTP have in common. */
export interface HttpOptions extends EndpointOptions {
  /** A function is asked for every request, for tokens that change. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined
  /** @defaultValue `POST` with a body, else `GET` */
  readonly method?: string | undefined
  /** Cookies and client certificates. @defaultValue `same-origin`, as `fetch` does */
  readonly credentials?: RequestCredentials | undefined
  /**
   * Called on 401 and 403, to get new credentials; then the request is made once more, with the headers asked again.
   * A second refusal in a row ends the client with `unauthenticated` or `forbidden`. What it throws is retried later.
   */
  readonly onUnauthorized?: ((response: Response) => void | Promise<void>) | undefined
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
}

/** Status codes of errors that pass: timeouts, too early, too many, and everything that is the server's fault. */
const passes = (status: number) => status < 400 || status >= 500 || [408, 425, 429].includes(status)

/** Builds requests, and decides what refusals mean. */
export interface HttpRequests {
  init(this: void, signal: AbortSignal): Promise<RequestInit & { headers: Headers; signal: AbortSignal }>
  /** The credentials were good. */
  accepted(this: void): void
  refused(this: void, response: Response, message: string, end: Attempt['end']): Promise<void>
}

export function createHttpRequests({ headers, method, credentials, onUnauthorized }: HttpOptions): HttpRequests {
  // Refused credentials were renewed, and nothing was accepted since.
  let renewed = false
  return {
    async init(signal) {
      return {
        signal,
        headers: new Headers(typeof headers === 'function' ? await headers() : headers),
        ...(method && { method }),
        ...(credentials && { credentials }),
      }
    },
    accepted() {
      renewed = false
    },
    async refused(response, message, end) {
      const { status } = response
      if (status !== 401 && status !== 403) {
        const error = new EverwireError('refused', message, { status, retryable: passes(status) })
        return end(error, retryAfterMs(response.headers))
      }
      const retryable = !renewed && (typeof headers === 'function' || onUnauthorized !== undefined)
      if (retryable) {
        await onUnauthorized?.(response)
        renewed = true
      }
      end(new EverwireError(status === 401 ? 'unauthenticated' : 'forbidden', message, { status, retryable }), 0)
    },
  }
}
