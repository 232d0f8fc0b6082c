import type { Replay, RealtimeClient } from '../../src/client/realtime-client.ts'
import type { Scope } from '../../src/lib/scope.ts'
import { type Publisher, startPublisher } from './publisher.ts'
import type { TestSystem } from './system.ts'

export const TOPIC = 'numbers'

/** A server's topics for the tests that let numbers flow. */
export const NUMBERS = { [TOPIC]: { history: 10_000, clientSend: true } } as const

/** The server publishes 1, 2, 3… */
export const publishNumbers = (scope: Scope, system: TestSystem, perSecond = 200): Publisher =>
  startPublisher(scope, (number) => system.realtime.publish(TOPIC, 'number', number), {
    perSecond,
    most: 60 * perSecond,
  })

export interface ReceivedNumbers {
  readonly numbers: number[]
  readonly resets: string[]
}

/** Notes what the application is told, from the oldest number on. */
export function receiveNumbers(client: RealtimeClient, replay: Replay = 'all'): ReceivedNumbers {
  const received: ReceivedNumbers = { numbers: [], resets: [] }
  client.listen(TOPIC, {
    replay,
    onMessage: ({ data }) => received.numbers.push(data as number),
    onReset: ({ why }) => received.resets.push(why),
  })
  return received
}

/** Each change of the transport that carries, in order. */
export function watchTransports(client: RealtimeClient): string[] {
  const seen: string[] = []
  client.connection.subscribe(() => {
    const { transport } = client.connection.getSnapshot()
    if (transport && transport !== seen.at(-1)) seen.push(transport)
  })
  return seen
}
