import { guard } from '../lib/emitter.ts'
import type { Scope } from '../lib/scope.ts'
import type { Message } from './message.ts'
import { type BufferCounts, type BufferOptions, createBuffer, type StreamReset } from './overflow.ts'
import type { RealtimeClient, Replay } from './realtime-client.ts'

export interface StreamOptions<Data = unknown> {
  /** @defaultValue 0 */
  readonly replay?: Replay
  readonly signal?: AbortSignal
  /** What may wait between two reads. */
  readonly buffer?: BufferOptions<Data>
  /**
   * Messages are missing: the server lost continuity, or the buffer was full. Called between the messages before and
   * after the loss, when the reader comes to that place.
   */
  readonly onReset?: (reset: StreamReset) => void
}

/** The messages of a topic, read at the reader's own pace. */
export interface MessageStream<Data = unknown> extends AsyncIterableIterator<Message<Data>> {
  /** What waits now, and what was forgotten so far. */
  readonly counts: BufferCounts
}

/**
 * The messages of a topic as an async iterator. Messages that come between two reads wait in a bounded buffer. Breaking
 * out of the loop, `return()` and the signal end the subscription.
 * @param onThrow - hears what `onReset` throws
 */
export function streamTopic<Data>(
  scope: Scope,
  listen: RealtimeClient['listen'],
  topic: string,
  { replay = 0, signal, buffer: bufferOptions, onReset }: StreamOptions<Data>,
  onThrow?: (cause: unknown) => void,
): MessageStream<Data> {
  const buffer = createBuffer<Data>(bufferOptions)
  const wakes: (() => void)[] = []
  const wake = () => {
    for (const run of wakes.splice(0)) run()
  }
  scope.defer(wake)
  scope.listen(signal, 'abort', scope.stop)
  if (signal?.aborted) scope.stop()
  else {
    scope.defer(
      listen(topic, {
        replay,
        onMessage(message) {
          buffer.push(message as Message<Data>)
          wake()
        },
        onReset(reset) {
          buffer.reset(reset)
          wake()
        },
      }),
    )
  }
  return {
    get counts() {
      return buffer.counts
    },
    async next() {
      for (;;) {
        const item = buffer.take()
        if (item && 'message' in item) return { done: false, value: item.message }
        if (item) guard(() => onReset?.(item.reset), onThrow)
        else if (scope.stopped) return { done: true, value: undefined }
        else await new Promise<void>((resolve) => wakes.push(resolve))
      }
    },
    async return() {
      buffer.clear()
      scope.stop()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
