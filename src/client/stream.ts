import type { Scope } from '../lib/scope.ts'
import type { Message } from './message.ts'
import type { RealtimeClient, Replay } from './realtime-client.ts'

/**
 * The messages of a topic as an async iterator. Messages that come between two reads wait, unbounded: read on, or end
 * it. Breaking out of the loop, `return()` and the signal end the subscription.
 */
export function streamTopic<Data>(
  scope: Scope,
  listen: RealtimeClient['listen'],
  topic: string,
  replay: Replay,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<Message<Data>> {
  const waiting: Message<Data>[] = []
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
          waiting.push(message as Message<Data>)
          wake()
        },
      }),
    )
  }
  return {
    async next() {
      while (waiting.length === 0 && !scope.stopped) {
        await new Promise<void>((resolve) => wakes.push(resolve))
      }
      const value = waiting.shift()
      return value ? { done: false, value } : { done: true, value: undefined }
    },
    async return() {
      waiting.length = 0
      scope.stop()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
