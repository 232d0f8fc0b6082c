import { EverwireError } from '../protocol/errors.ts'
import { readEventStream, StreamRefusal } from '../transports/read-event-stream.ts'
import type { EndpointClient, MessageTypes } from './endpoint.ts'
import { createHttpRequests, type HttpOptions } from './http-requests.ts'
import { createMessageHandlers } from './message-handlers.ts'
import { type EndpointUrl, resolveUrl } from './resolve-url.ts'
import { type Attempt, createRetryLoop, lost } from './retry-loop.ts'

export interface EventStreamOptions extends HttpOptions {
  /** A body makes it a POST. A function is asked for every request. */
  readonly body?: RequestBody | (() => RequestBody | Promise<RequestBody>) | undefined
  /** Sent as `Last-Event-ID` by the first request, to go on where an earlier stream ended. */
  readonly lastEventId?: string | undefined
  /**
   * How long no byte may come before the stream counts as dead, in milliseconds; comments count as bytes. It is also
   * the time for the first byte. Set it above the server's heartbeat; `Infinity` waits for ever. @defaultValue 45000
   */
  readonly silenceMs?: number | undefined
  /**
   * Makes the message's data of an event's text.
   * @defaultValue JSON where it parses, else the text: streams of plain text are as usual as streams of JSON
   */
  readonly decode?: ((data: string, event: string) => unknown) | undefined
  /** Most characters of one event; a longer one ends the connection, which is then retried. @defaultValue 16 Mi */
  readonly maxChars?: number | undefined
}

/** A body that can be sent again. */
type RequestBody = Exclude<BodyInit, ReadableStream>

export interface EventStreamClient<Types extends MessageTypes = Record<string, unknown>> extends EndpointClient<Types> {
  /** The id to resume from, for a later client's `lastEventId`; empty: none. */
  getLastEventId(this: void): string
}

function decodeJsonOrText(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}

/**
 * Keeps an event stream (Server-Sent Events) of a server of any kind open, over `fetch`: with headers, POST and
 * visible status codes, which `EventSource` lacks. Named events go to handlers of their name, unnamed ones to `message`.
 *
 * - The stream ended, the network failed, 408, 425, 429, 5xx or a content type that is no event stream (a captive
 *   portal, a login page): connects again, with `Last-Event-ID`, after the server's `retry` or `Retry-After`, both held
 *   between `retry.minMs` and 5 minutes, and with back-off.
 * - 204: closed in peace. 401 and 403: see `onUnauthorized`. Other 4xx: failed.
 * @param url - relative to the page or `http(s):`; a function is asked at each attempt
 */
export function createEventStreamClient<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl,
  options: EventStreamOptions = {},
): EventStreamClient<Types> {
  const { body, silenceMs = 45_000, decode = decodeJsonOrText } = options
  const handlers = createMessageHandlers(options.onError)
  const requests = createHttpRequests(options)
  let lastEventId = options.lastEventId ?? ''
  let retryMs: number | undefined
  let wake = () => {}

  async function attempt({ scope, opened, end }: Attempt): Promise<void> {
    let heardAt = Date.now()
    let cancel = () => {}
    const silent = () => end(lost(`no byte came within ${silenceMs} ms`), retryMs)
    const alive = () => {
      heardAt = Date.now()
      cancel()
      cancel = scope.after(silenceMs, silent)
    }
    // Timers stand still while a machine sleeps, the wall clock does not.
    wake = () => {
      if (Date.now() - heardAt > silenceMs) silent()
    }
    alive()
    const address = await resolveUrl(url, 'http')
    const init = await requests.init(scope.signal)
    const content = typeof body === 'function' ? await body() : body
    if (scope.stopped) return
    try {
      await readEventStream({
        url: String(address),
        init: content === undefined ? init : { method: 'POST', ...init, body: content },
        fetch: options.fetch,
        lastEventId,
        ...(options.maxChars && { maxChars: options.maxChars }),
        onOpen() {
          requests.accepted()
          opened()
        },
        onBytes: alive,
        onRetry(ms) {
          retryMs = ms
        },
        onLastEventId(id) {
          if (!scope.stopped) lastEventId = id
        },
        onEvent({ event, data, lastEventId: id }) {
          // A handler of the event before it may have closed the client.
          if (scope.stopped) return
          lastEventId = id
          let decoded: unknown
          try {
            decoded = decode(data, event)
          } catch (cause) {
            return report(
              new EverwireError('bad-frame', `cannot decode ${JSON.stringify(data.slice(0, 80))}`, {
                retryable: true,
                cause,
              }),
            )
          }
          handlers.deliver({ type: event, data: decoded, id: id || undefined })
        },
      })
    } catch (error) {
      if (error instanceof EverwireError && !(error instanceof StreamRefusal)) throw error
      // The network's errors wait as long as an end does.
      if (!(error instanceof StreamRefusal))
        return end(lost(`the stream failed: ${String(error)}`, { cause: error }), retryMs)
      if (error.status !== 204) return requests.refused(error.response, error.message, end)
      return end()
    }
    end(lost('the server ended the stream'), retryMs)
  }

  const { report, ...loop } = createRetryLoop(attempt, options, () => wake())
  if (options.autoConnect !== false) loop.connect()
  return { ...loop, on: handlers.on, getLastEventId: () => lastEventId }
}
