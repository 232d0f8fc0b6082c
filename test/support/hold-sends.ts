import type { SendResult } from '../../src/client/realtime-client.ts'
import type { FakeClient } from './fake-client.ts'

export interface HeldSend {
  readonly topic: string
  readonly type: string
  readonly data: unknown
  resolve(this: void, result: SendResult): void
  reject(this: void, error: unknown): void
}

/** Sends of a client from now on wait until the test says how they end. */
export function holdSends(client: FakeClient): HeldSend[] {
  const held: HeldSend[] = []
  client.send = (topic, type, data) =>
    new Promise((resolve, reject) => void held.push({ topic, type, data, resolve, reject }))
  return held
}
