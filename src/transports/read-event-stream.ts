import { EverwireError } from '../protocol/errors.ts'
import { createEventDecoder, type DecodedEvent } from '../protocol/sse-decode.ts'

/** One request for an event stream. */
export interface EventStreamRequest {
  readonly url: string
  /** Everything else for `fetch`; `Accept` is set here. */
  readonly init: RequestInit & { readonly signal: AbortSignal }
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  readonly lastEventId?: string
  readonly maxChars?: number
  /** Called once, when the status and the headers are those of an event stream. */
  readonly onOpen?: (response: Response) => void
  /** Called for every chunk, also one that holds only a comment: the stream is alive. */
  readonly onBytes?: () => void
  readonly onEvent: (event: DecodedEvent) => void
  readonly onComment?: (comment: string) => void
  readonly onRetry?: (ms: number) => void
  /** Called after every chunk with the id to resume from, also where a block gave an id without data. */
  readonly onLastEventId?: (id: string) => void
}

/** An answer that is no event stream, with what is needed to act on it. */
export class StreamRefusal extends EverwireError {
  readonly response: Response
  /** What `refusalBody` found. */
  readonly body: unknown
  constructor(message: string, response: Response, body: unknown) {
    super('refused', message, { status: response.status, retryable: response.status !== 204 })
    this.response = response
    this.body = body
  }
}

/** The parsed body of a refusal that says why in JSON; any other body is not read, and its connection freed. */
export async function refusalBody(response: Response): Promise<unknown> {
  if (/json/.test(response.headers.get('content-type') ?? '')) return response.json().catch(() => undefined)
  void response.body?.cancel().catch(() => {})
  return undefined
}

/**
 * Opens one event stream and reads it until the server ends it; never retries.
 * Resolves with the id to resume from. Rejects with a `StreamRefusal` where the answer was no event stream (HTML
 * standard §9.2.3: status 200 and `text/event-stream`), and with what `fetch` throws where the network failed or the
 * signal aborted. No reader and no connection is left after it settles.
 */
export async function readEventStream(request: EventStreamRequest): Promise<string> {
  const { url, init, lastEventId = '', onOpen, onBytes, onEvent } = request
  const headers = new Headers(init.headers)
  // Exactly this: some servers and mocks compare the whole header.
  headers.set('Accept', 'text/event-stream')
  if (lastEventId) headers.set('Last-Event-ID', utf8Header(lastEventId))
  const response = await (request.fetch ?? fetch)(url, { cache: 'no-store', ...init, headers })
  const type = response.headers.get('content-type') ?? 'none'
  const refusal =
    response.status !== 200
      ? `expected status 200 from ${url}, got ${response.status}`
      : /^text\/event-stream\s*(;|$)/i.test(type) && response.body
        ? undefined
        : `expected content type text/event-stream from ${url}, got ${type}`
  if (refusal) throw new StreamRefusal(refusal, response, await refusalBody(response))
  onOpen?.(response)
  const { onComment, onRetry, maxChars } = request
  const decoder = createEventDecoder({
    onEvent,
    lastEventId,
    ...(onComment && { onComment }),
    ...(onRetry && { onRetry }),
    ...(maxChars && { maxChars }),
  })
  const reader = response.body!.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return decoder.lastEventId
      onBytes?.()
      decoder.push(value)
      request.onLastEventId?.(decoder.lastEventId)
    }
  } finally {
    // Also after an error of the decoder or a handler: the connection must not stay open without a reader.
    void reader.cancel().catch(() => {})
  }
}

/** "The last event ID string, encoded as UTF-8": header values are bytes, written one character a byte. */
const utf8Header = (value: string) => String.fromCharCode(...new TextEncoder().encode(value))
