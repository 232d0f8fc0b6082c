import type { WireEnd, WireEvents } from '../client/transport.ts'
import type { Scope } from '../lib/scope.ts'
import { CODE } from '../protocol/codes.ts'
import { refusalBody, StreamRefusal } from './read-event-stream.ts'

/** Reads `Retry-After` (RFC 9110 §10.2.3): seconds or a date; `undefined` where there is none that can be read. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (!value) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  // `0` and a date gone by say nothing that the back-off does not know better.
  return ms > 0 ? ms : undefined
}

/**
 * What a refused request means. The protocol's code is in the JSON body of the server's own refusals; a status alone
 * may be a proxy's and says nothing for the server.
 */
export async function endOfRefusal(
  response: Response,
  message: string,
  body: unknown = refusalBody(response),
): Promise<WireEnd> {
  const wait = retryAfterMs(response.headers)
  const { code, msg } = ((await body) ?? {}) as { code?: unknown; msg?: unknown }
  return {
    message: typeof msg === 'string' ? `${message}: ${msg}` : message,
    ...(typeof code === 'number' && code >= CODE.badFrame && { code }),
    ...(wait !== undefined && { retryAfterMs: wait }),
  }
}

/** What an error while opening or reading a wire means. */
export async function endOfError(error: unknown): Promise<WireEnd> {
  if (error instanceof StreamRefusal) return endOfRefusal(error.response, error.message, error.body ?? null)
  return { message: error instanceof Error ? error.message : String(error), cause: error }
}

/** Runs what carries a wire until it is over, and tells its end once, unless the owner closed it before. */
export function runWire(scope: Scope, events: WireEvents, run: () => Promise<WireEnd>): void {
  void run()
    .catch(endOfError)
    .then((end) => {
      if (scope.stopped) return
      scope.stop()
      events.ended(end)
    })
}
