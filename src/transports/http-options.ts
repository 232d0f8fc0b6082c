/** Options of the transports that use `fetch`. */
export interface HttpOptions {
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /** Whether cookies go along. @defaultValue `same-origin`, as with `fetch` */
  readonly credentials?: RequestCredentials | undefined
  /** Headers of every request; a function is asked each time. Extra headers need a CORS preflight on other origins. */
  readonly headers?:
    | Record<string, string>
    | (() => Record<string, string> | Promise<Record<string, string>>)
    | undefined
}

const extraOf = ({ headers }: HttpOptions) => (typeof headers === 'function' ? headers() : headers)

/** A request without a body, for JSON unless the caller asks for something else. */
export async function getInit(
  options: HttpOptions,
  signal: AbortSignal,
): Promise<RequestInit & { signal: AbortSignal }> {
  return {
    signal,
    cache: 'no-store',
    headers: { accept: 'application/json', ...(await extraOf(options)) },
    ...(options.credentials && { credentials: options.credentials }),
  }
}

/** The request for a body of text. `text/plain` for what changes nothing: it needs no preflight. */
export async function postInit(
  options: HttpOptions,
  body: string,
  signal: AbortSignal,
  contentType = 'text/plain',
): Promise<RequestInit & { signal: AbortSignal }> {
  return {
    method: 'POST',
    body,
    signal,
    cache: 'no-store',
    headers: { ...(await extraOf(options)), 'content-type': contentType },
    ...(options.credentials && { credentials: options.credentials }),
  }
}

/** The `fetch` to use, found when it is used: on a server it may come later. */
export const fetchOf = (options: HttpOptions): typeof fetch => options.fetch ?? fetch

/** Why HTTP cannot be used here, if so. */
export const httpUnsupported = (options: HttpOptions): string | undefined =>
  (options.fetch ?? (globalThis as { fetch?: typeof fetch }).fetch)
    ? undefined
    : 'this environment has no fetch; pass one as option `fetch`'
