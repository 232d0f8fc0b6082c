import type { Transport } from '../client/transport.ts'
import { createScope } from '../lib/scope.ts'
import { decodeServerBatch } from '../protocol/codec.ts'
import { type HttpOptions, httpUnsupported, postInit } from './http-options.ts'
import { postFrames } from './http-send.ts'
import { readEventStream } from './read-event-stream.ts'
import { runWire } from './wire-end.ts'

export interface EventStreamOptions extends HttpOptions {
  /** Bytes of padding to ask for at the start, for proxies that hold back the first kilobytes. @defaultValue 0 */
  readonly padding?: number | undefined
}

/** Server-Sent Events, read with `fetch`; sends go beside it by POST. */
export function eventStream(options: EventStreamOptions = {}): Transport {
  return {
    name: 'sse',
    unsupported: () => httpUnsupported(options),
    open(request) {
      const { url, openObject, events } = request
      const scope = createScope()
      runWire(scope, events, async () => {
        const open = { ...(await openObject()), ...(options.padding && { pad: options.padding }) }
        await readEventStream({
          url: `${url}/sse`,
          init: await postInit(options, JSON.stringify(open), scope.signal),
          fetch: options.fetch,
          onOpen: events.reached,
          onBytes: events.alive,
          // Native EventSources need the cursor in the id; here it is in the frames.
          onEvent: ({ data }) => !scope.stopped && events.frames(decodeServerBatch(data)),
        })
        return { message: 'the server ended the event stream' }
      })
      return { post: (frames, signal) => postFrames(request, options, frames, signal), close: scope.stop }
    },
  }
}
