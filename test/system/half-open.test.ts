import { expect, test } from 'vitest'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { publishNumbers, receiveNumbers } from '../support/numbers.ts'
import { RUNG_FAULTS, RUNGS } from '../support/rungs.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

test.for(RUNGS)(
  'a connection whose bytes vanish without an end is replaced, and nothing is lost: %s',
  { timeout: 30_000 },
  async (rung) => {
    const { scope, system, proxy } = await startTestSystem({ heartbeatMs: 400 })
    proxy.set(RUNG_FAULTS[rung])
    // Slow enough that what is missed until the pooled connections are given up fits into one replay.
    const publisher = publishNumbers(scope, system, 40)
    const client = system.openClient()
    const { numbers, resets } = receiveNumbers(client)
    await until('messages', () => numbers.length > 60)
    expect(client.connection.getSnapshot().transport).toBe(rung)

    const before = publisher.stored.at(-1)!
    proxy.halfOpen()
    await until('messages over a new connection', () => (numbers.at(-1) ?? 0) > before)
    await publisher.stop()
    await until('all messages', () => numbers.length >= publisher.stored.length)
    expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
    expect(resets).toEqual([])
  },
)

test('an idle connection whose bytes vanish is noticed by its heartbeat', async () => {
  const { system, proxy } = await startTestSystem({ heartbeatMs: 200 })
  const client = system.openClient()
  receiveNumbers(client)
  await until('the connection', () => client.connection.getSnapshot().status === 'open')
  proxy.halfOpen()
  await until('a second connection', () => proxy.traffic.requests.websocket >= 2)
  await until('it to carry', () => client.connection.getSnapshot().status === 'open')
  expect(proxy.traffic.requests.websocket).toBeLessThanOrEqual(3)
})

test(
  'a connection that stalls and lives again after it was replaced delivers nothing twice',
  { timeout: 30_000 },
  async () => {
    const { scope, system, proxy } = await startTestSystem({ heartbeatMs: 400 })
    const publisher = publishNumbers(scope, system)
    const client = system.openClient()
    const { numbers } = receiveNumbers(client)
    await until('messages', () => numbers.length > 60)
    for (let round = 0; round < 3; round++) {
      const connections = proxy.traffic.connections
      proxy.set({ stalled: true })
      await until('a second connection', () => proxy.traffic.connections > connections)
      proxy.set({ stalled: false })
      const before = publisher.stored.at(-1)!
      await until('messages again', () => (numbers.at(-1) ?? 0) > before)
    }
    await publisher.stop()
    await until('all messages', () => numbers.length >= publisher.stored.length)
    expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
  },
)
