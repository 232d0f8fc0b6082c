import type { Transport, WireEnd } from '../../client/transport.ts'
import { createScope } from '../../lib/scope.ts'
import { EverwireError } from '../../protocol/errors.ts'
import { fetchOf, getInit, httpUnsupported } from '../http-options.ts'
import { endpointUrl } from './message.ts'
import { endOfError, endOfRefusal } from '../wire-end.ts'
import { plainPost, type PlainPostOptions } from './post.ts'
import type { PlainSession } from './session.ts'

export interface PlainLongPollOptions {
  readonly url: string
  /** Name of the query parameter for the topic. @defaultValue `topic` */
  readonly topicParam?: string
  /** Name of the query parameter, and of the answer's field, for the last id. @defaultValue `lastId` */
  readonly lastIdParam?: string
  /** How long an answer may take; longer than the server holds an empty one, in milliseconds. @defaultValue 60000 */
  readonly holdMs?: number
  /**
   * A server that holds the first request cannot prove itself: it counts as proven when the request was not refused
   * for this long, in milliseconds. @defaultValue 1000
   */
  readonly assumeAfterMs?: number
}

/** Pause between answers that bring nothing and come at once, in milliseconds. */
const EARLY_MS = 500

/** The long poll of an ordinary server: one request in flight for each topic, `{ messages, lastId }` as the answer. */
export function plainLongPoll(
  session: PlainSession,
  options: PlainPostOptions,
  { url, topicParam = 'topic', lastIdParam = 'lastId', holdMs = 60_000, assumeAfterMs = 1_000 }: PlainLongPollOptions,
): Transport {
  return {
    name: 'longpoll',
    unsupported: () => httpUnsupported(options),
    open(request) {
      const { events } = request
      const scope = createScope()
      let topics: string[] = []
      let proven = false

      function prove(): void {
        if (proven || scope.stopped) return
        proven = true
        events.frames(session.opening(topics, holdMs * 2))
      }

      function end(reason: WireEnd): void {
        if (scope.stopped) return
        scope.stop()
        events.ended(reason)
      }

      async function ask(topic: string): Promise<WireEnd | undefined> {
        const progress = session.progress(topic)
        const target = endpointUrl(request, url)
        target.searchParams.set(topicParam, topic)
        if (progress.lastId !== undefined) target.searchParams.set(lastIdParam, progress.lastId)
        const turn = scope.child()
        turn.after(holdMs, turn.stop)
        const asked = performance.now()
        try {
          const response = await fetchOf(options)(target.href, await getInit(options, turn.signal))
          events.alive()
          if (!response.ok)
            return await endOfRefusal(response, `expected status 200 from ${target.href}, got ${response.status}`)
          if (!proven) events.reached()
          const text = response.status === 204 ? '' : await response.text()
          if (scope.stopped) return undefined
          const { messages, lastId } = readAnswer(text, lastIdParam, target.href)
          prove()
          for (const message of messages) {
            if (!scope.stopped) session.deliver(events, message, { transport: 'longpoll', topic }, [topic])
          }
          // Only what was delivered moves the place.
          if (lastId !== undefined && !scope.stopped) progress.lastId = lastId
          if (messages.length === 0 && performance.now() - asked < EARLY_MS) {
            await new Promise<void>((resolve) => turn.after(EARLY_MS, resolve))
          }
          return undefined
        } catch (error) {
          // Held for longer than agreed: the same question again, on a new connection.
          return turn.stopped && !scope.stopped ? undefined : endOfError(error)
        } finally {
          turn.stop()
        }
      }

      async function run(): Promise<void> {
        topics = Object.keys((await request.openObject()).subs)
        scope.after(assumeAfterMs, prove)
        if (topics.length === 0) prove()
        for (const topic of topics) void loop(topic)
      }

      async function loop(topic: string): Promise<void> {
        while (!scope.stopped) {
          const reason = await ask(topic)
          if (reason) end(reason)
        }
      }

      void run().catch(async (error: unknown) => end(await endOfError(error)))
      return { post: plainPost(request, options), close: scope.stop }
    },
  }
}

function readAnswer(
  text: string,
  lastIdParam: string,
  url: string,
): { messages: readonly unknown[]; lastId: string | undefined } {
  if (text === '') return { messages: [], lastId: undefined }
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw new EverwireError('bad-frame', `expected JSON from ${url}, got ${JSON.stringify(text.slice(0, 80))}`, {
      cause,
    })
  }
  if (Array.isArray(answer))
    return { messages: answer, lastId: textOf((answer.at(-1) as { id?: unknown } | undefined)?.id) }
  const { messages, [lastIdParam]: lastId } = (answer ?? {}) as Record<string, unknown>
  if (!Array.isArray(messages))
    throw new EverwireError('bad-frame', `expected an array \`messages\` from ${url}, got ${typeof messages}`)
  return { messages, lastId: textOf(lastId) }
}

const textOf = (id: unknown) => (typeof id === 'string' || typeof id === 'number' ? String(id) : undefined)
