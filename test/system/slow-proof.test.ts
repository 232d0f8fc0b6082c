import { expect, test } from 'vitest'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { publishNumbers, receiveNumbers, watchTransports } from '../support/numbers.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

test('a first answer that comes 2 s late on a healthy WebSocket does not leave the client on a lower rung', async () => {
  let delayed = 0
  const { scope, system, proxy } = await startTestSystem({
    async authenticate({ transport }) {
      if (transport === 'websocket' && delayed++ === 0)
        await new Promise((resolve) => scope.after(2000, () => resolve(null)))
      return { user: 'reader' }
    },
  })
  const publisher = publishNumbers(scope, system)
  const client = system.openClient()
  const transports = watchTransports(client)
  const { numbers, resets } = receiveNumbers(client)
  await until('the WebSocket to carry', () => transports.at(-1) === 'websocket')
  // Messages did not wait for it, and the first handshake was enough: no climb was needed.
  expect(transports).toEqual(['sse', 'websocket'])
  expect(proxy.traffic.requests.websocket).toBe(1)
  await publisher.stop()
  await until('all messages', () => numbers.length >= publisher.stored.length)
  expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
  expect(resets).toEqual([])
})
