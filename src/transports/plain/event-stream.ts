import type { Transport } from '../../client/transport.ts'
import { createScope } from '../../lib/scope.ts'
import { getInit, httpUnsupported } from '../http-options.ts'
import { endpointUrl } from './message.ts'
import { readEventStream } from '../read-event-stream.ts'
import { runWire } from '../wire-end.ts'
import { plainPost, type PlainPostOptions } from './post.ts'
import type { PlainSession } from './session.ts'

export interface PlainEventStreamOptions {
  readonly url: string
  /** Name of the query parameter that names a topic, once for each. @defaultValue `topic` */
  readonly topicParam?: string
  /** How long the stream may be silent, comments included, in milliseconds. @defaultValue 45000 */
  readonly silenceMs?: number
}

/** The event stream of an ordinary server, named events and unnamed ones. Proven by its first byte. */
export function plainEventStream(
  session: PlainSession,
  options: PlainPostOptions,
  { url, topicParam = 'topic', silenceMs = 45_000 }: PlainEventStreamOptions,
): Transport {
  return {
    name: 'sse',
    unsupported: () => httpUnsupported(options),
    open(request) {
      const { events } = request
      const scope = createScope()
      runWire(scope, events, async () => {
        const topics = Object.keys((await request.openObject()).subs)
        const target = endpointUrl(request, url)
        for (const topic of topics) target.searchParams.append(topicParam, topic)
        let proven = false
        await readEventStream({
          url: target.href,
          init: await getInit(options, scope.signal),
          fetch: options.fetch,
          lastEventId: session.lastEventId,
          onOpen: events.reached,
          onBytes() {
            events.alive()
            if (proven) return
            proven = true
            events.frames(session.opening(topics, silenceMs))
          },
          onEvent({ event, data, lastEventId }) {
            if (scope.stopped) return
            session.lastEventId = lastEventId
            let message: unknown = data
            try {
              message = JSON.parse(data)
            } catch {
              // Plain text is data too.
            }
            session.deliver(events, message, { transport: 'sse', event, id: lastEventId }, topics)
          },
        })
        return { message: 'the server ended the event stream' }
      })
      return { post: plainPost(request, options), close: scope.stop }
    },
  }
}
