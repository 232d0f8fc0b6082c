import { expect, test } from 'vitest'
import type { ConnectionStatus } from '../../src/client/connection-snapshot.ts'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { publishNumbers, receiveNumbers } from '../support/numbers.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

test('the page of a captive portal is never taken for data, and the client recovers by itself', async () => {
  const { scope, system, proxy } = await startTestSystem()
  const publisher = publishNumbers(scope, system, 50)
  const errors: unknown[] = []
  const client = system.openClient({
    ladder: { retry: { minMs: 50, maxMs: 100 } },
    onError: (error) => errors.push(error),
  })
  const { numbers, resets } = receiveNumbers(client)
  await until('messages', () => numbers.length > 5)

  const statuses = new Set<ConnectionStatus>()
  client.connection.subscribe(() => statuses.add(client.connection.getSnapshot().status))
  const { requests } = proxy.traffic
  const polls = requests.poll
  proxy.set({ captive: true })
  proxy.cut('rst')
  await until('several rounds of all transports', () => requests.poll >= polls + 3)
  expect(errors).toEqual([])
  expect(statuses).not.toContain('failed')

  proxy.heal()
  await publisher.stop()
  await until('all messages', () => numbers.length >= publisher.stored.length)
  expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
  expect(resets).toEqual([])
})

test('a server that accepts everything and then dies at once is not hammered', { timeout: 30_000 }, async () => {
  const { system, proxy } = await startTestSystem()
  proxy.set({ cutAfterMs: 30 })
  const client = system.openClient({ ladder: { retry: { minMs: 50, maxMs: 5000 } } })
  receiveNumbers(client)
  const { attempts } = proxy.traffic
  const startMs = performance.now()
  await until('five seconds of attempts', () => performance.now() - startMs > 5000)
  // A back-off that never grew makes about seventy: half a dozen a round, 50 ms apart. One that grows makes twenty.
  expect(attempts.length).toBeLessThan(50)
})

test('a WebSocket that is proven and then dropped, again and again, is left for the next transport', async () => {
  const { scope, system, proxy } = await startTestSystem()
  const publisher = publishNumbers(scope, system)
  proxy.set({ websocket: 'drop', dropAfterMs: 60 })
  const client = system.openClient()
  const verdicts: string[] = []
  client.onVerdict(({ transport, reason }) => verdicts.push(`${transport} ${reason}`))
  const { numbers, resets } = receiveNumbers(client)
  await until('the event stream', () => client.connection.getSnapshot().transport === 'sse')
  const before = publisher.stored.at(-1)!
  await until('messages over it', () => (numbers.at(-1) ?? 0) > before + 20)
  await publisher.stop()
  await until('all messages', () => numbers.length >= publisher.stored.length)
  expect(verdicts).toEqual(['websocket flapping'])
  expect(proxy.traffic.requests.websocket).toBe(2)
  expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
  expect(resets).toEqual([])
})
