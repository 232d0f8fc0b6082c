import { expect, onTestFinished, test } from 'vitest'
import type { OutboxStore } from '../../src/client/outbox-options.ts'
import { createClient } from '../../src/create-client.ts'
import type { EverwireError } from '../../src/protocol/errors.ts'
import { createMemoryServer } from '../react/memory-server.ts'
import { eventually } from './real-server.ts'

const TOPIC = 'numbers'

test('whatever the application gave and throws is told to onError, and stops nothing', async () => {
  const server = createMemoryServer()
  const late = { topic: TOPIC, type: 'n', data: 1, key: 'late', order: 1, until: Date.now() - 1, writtenAt: 0 }
  const store: OutboxStore = { load: async () => [late], put: async () => {}, remove: async () => {} }
  const errors: EverwireError[] = []
  const thrower = (where: string) => () => {
    throw new Error(where)
  }
  const client = createClient({
    url: 'http://127.0.0.1/realtime',
    transports: [
      { ...server.transport, unsupported: () => 'not here' },
      { ...server.transport, name: 'sse' },
    ],
    storage: false,
    outbox: { persist: store, onRestored: thrower('onRestored') },
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => client.dispose())
  client.onVerdict(thrower('onVerdict'))
  client.on(TOPIC, '*', thrower('on'))
  const stream = client.stream<number>(TOPIC, { onReset: thrower('onReset of a stream') })
  await eventually(() => expect(client.topicStatus(TOPIC)).toBe('live'))
  server.wires[0]!.events.frames([{ t: 'reset', c: TOPIC, i: 'memory.0-x', why: 'trimmed' }])
  server.publish(TOPIC)
  expect((await stream.next()).value?.data).toBe(1)
  const places = ['on', 'onReset of a stream', 'onRestored', 'onVerdict']
  await eventually(() => expect(errors.map(({ cause }) => (cause as Error).message).toSorted()).toEqual(places))
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['handler']))
})
