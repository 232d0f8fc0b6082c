import { EverwireError } from '../protocol/errors.ts'
import type { EndpointClient, MessageTypes } from './endpoint.ts'
import { createHttpRequests, type HttpOptions } from './http-requests.ts'
import { createMessageHandlers, readMessage } from './message-handlers.ts'
import { type EndpointUrl, resolveUrl } from './resolve-url.ts'
import { type Attempt, createRetryLoop, lost } from './retry-loop.ts'

/** One answer, taken apart. */
export interface PollAnswer {
  /** In order, each as `readMessage` understands it. A message whose `id` came before is dropped. */
  readonly messages: readonly unknown[]
  /** What the next request sends; `undefined` keeps the cursor. */
  readonly cursor: string | number | undefined
}

export interface LongPollOptions extends HttpOptions {
  /** Where the first request starts. @defaultValue without a cursor: the server decides */
  readonly lastId?: string | number | undefined
  /** The name under which the cursor is sent. @defaultValue 'lastId' */
  readonly cursorName?: string | undefined
  /** Where the cursor is sent; `body` makes the request a POST of JSON. @defaultValue 'query' */
  readonly cursorIn?: 'query' | 'header' | 'body' | undefined
  /** Fields of the JSON that is posted; the cursor is added with `cursorIn: 'body'`. */
  readonly body?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>) | undefined
  /**
   * Takes an answer's JSON apart.
   * @defaultValue `{ messages, lastId }`, or an array of messages; without `lastId` the last message's id is the cursor
   */
  readonly read?: ((body: unknown) => PollAnswer) | undefined
  /**
   * How long one request may be held, in milliseconds; after that it is aborted and asked again, which is no error.
   * Set it above the server's hold. @defaultValue 60000
   */
  readonly holdMs?: number | undefined
  /**
   * Least time between a request that brought nothing new and the next one, in milliseconds, so that a server that
   * does not hold is not hammered. @defaultValue 1000
   */
  readonly minIntervalMs?: number | undefined
}

export interface LongPollClient<Types extends MessageTypes = Record<string, unknown>> extends EndpointClient<Types> {
  /** The cursor, for a later client's `lastId`; `undefined` before the first. */
  getLastId(this: void): string | undefined
}

/** A request that the server has kept for so long is taken for held, in milliseconds. */
const HELD_MS = 2000
/** How many ids are remembered. */
const SEEN_IDS = 10_000

function readAnswer(body: unknown): PollAnswer {
  const fields = (Array.isArray(body) ? { messages: body } : body) as {
    messages?: { id?: string | number }[]
    lastId?: string | number | null
  }
  const { messages = [], lastId } = fields
  if (typeof fields !== 'object' || !Array.isArray(messages)) throw new TypeError('no messages')
  return { messages, cursor: lastId ?? messages.at(-1)?.id }
}

/**
 * Keeps long polling a server of any kind: one request at a time, each message once and in order.
 *
 * It counts as `open` from the first answer, or when the server has held the first request for two seconds: an endpoint
 * where nothing happens answers after its hold only.
 *
 * - Empty answers (no messages, 204, 304) and held requests are asked again.
 * - The network failed, 408, 425, 429, 5xx, HTML or anything that is no JSON: asked again with back-off, not before
 *   `Retry-After`. 401 and 403: see `onUnauthorized`. Other 4xx: failed.
 * - A cursor that goes back tells of a server that lost its history: it is followed, and told to `onError`.
 * @param url - relative to the page or `http(s):`; a function is asked for every request
 */
export function createLongPollClient<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl,
  options: LongPollOptions = {},
): LongPollClient<Types> {
  const {
    cursorName = 'lastId',
    cursorIn = 'query',
    body,
    read = readAnswer,
    holdMs = 60_000,
    minIntervalMs = 1000,
  } = options
  const handlers = createMessageHandlers(options.onError)
  const requests = createHttpRequests(options)
  const seen = new Set<string>()
  let cursor = options.lastId === undefined ? undefined : String(options.lastId)
  let wake = () => {}

  async function ask(signal: AbortSignal): Promise<Response> {
    const address = await resolveUrl(url, 'http')
    const init = await requests.init(signal)
    const fields: Record<string, unknown> = { ...(typeof body === 'function' ? body() : body) }
    init.headers.set('Accept', 'application/json')
    if (cursor !== undefined) {
      if (cursorIn === 'query') address.searchParams.set(cursorName, cursor)
      else if (cursorIn === 'header') init.headers.set(cursorName, cursor)
      else fields[cursorName] = cursor
    }
    if (body || cursorIn === 'body') {
      init.headers.set('Content-Type', 'application/json')
      Object.assign(init, { method: options.method ?? 'POST', body: JSON.stringify(fields) })
    }
    return (options.fetch ?? fetch)(String(address), { cache: 'no-store', ...init })
  }

  /** Delivers what is new in an answer. Returns whether anything was. */
  function take({ messages, cursor: next }: PollAnswer, attempt: Attempt): boolean {
    if (next !== undefined && Number(next) < Number(cursor)) {
      report(
        new EverwireError('bad-frame', `the cursor went back from ${cursor} to ${next}: messages may be missing`, {
          retryable: true,
        }),
      )
      // The server counts anew: the same ids are other messages.
      seen.clear()
    }
    let news = false
    for (const value of messages) {
      const message = readMessage(value)
      if (message.id !== undefined) {
        if (seen.has(message.id)) continue
        seen.add(message.id)
        // The oldest is forgotten: a set keeps the order of insertion.
        if (seen.size > SEEN_IDS) seen.delete(seen.values().next().value!)
      }
      news = true
      handlers.deliver(message)
      if (attempt.scope.stopped) return news
    }
    if (next !== undefined) cursor = String(next)
    return news
  }

  async function attempt(current: Attempt): Promise<void> {
    const { scope, opened, end } = current
    scope.after(HELD_MS, opened)
    while (!scope.stopped) {
      const askedAt = Date.now()
      const request = scope.child()
      wake = request.stop
      request.after(holdMs, request.stop)
      let answer: PollAnswer
      try {
        const response = await ask(request.signal)
        if (!response.ok && response.status !== 304) {
          void response.body?.cancel().catch(() => {})
          return requests.refused(
            response,
            `expected an answer with messages from ${response.url}, got status ${response.status}`,
            end,
          )
        }
        answer = await parse(response, read)
      } catch (error) {
        // Held too long, or the page woke up: no error.
        if (request.stopped) continue
        throw error
      } finally {
        request.stop()
      }
      requests.accepted()
      opened()
      if (take(answer, current)) continue
      const waitMs = askedAt + minIntervalMs - Date.now()
      if (waitMs > 0) await new Promise<void>((resolve) => scope.after(waitMs, resolve))
    }
  }

  const { report, ...loop } = createRetryLoop(attempt, options, () => wake())
  if (options.autoConnect !== false) loop.connect()
  return { ...loop, on: handlers.on, getLastId: () => cursor }
}

async function parse(response: Response, read: (body: unknown) => PollAnswer): Promise<PollAnswer> {
  const text = await response.text()
  if (!text) return { messages: [], cursor: undefined }
  try {
    return read(JSON.parse(text))
  } catch (cause) {
    const type = response.headers.get('content-type') ?? 'none'
    throw lost(
      `expected messages as JSON from ${response.url}, got content type ${type}: ${JSON.stringify(text.slice(0, 80))}`,
      { cause, status: response.status },
    )
  }
}
