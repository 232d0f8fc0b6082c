import { expect, test } from 'vitest'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { receiveNumbers, TOPIC } from '../support/numbers.ts'
import { RUNG_FAULTS, RUNGS } from '../support/rungs.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

test.for(RUNGS)('a server that restarts without its memory is told as a reset, then life goes on: %s', async (rung) => {
  const { system, proxy } = await startTestSystem()
  proxy.set(RUNG_FAULTS[rung])
  const client = system.openClient()
  const { numbers, resets } = receiveNumbers(client)
  const publish = async (from: number, to: number) => {
    for (let number = from; number <= to; number++) await system.realtime.publish(TOPIC, 'number', number)
  }
  await publish(1, 20)
  await until('the first life', () => numbers.length >= 20)
  expect(client.connection.getSnapshot().transport).toBe(rung)

  await system.restart()
  // Before the client is back: it was never told of these, but whoever asks for the history gets them after the reset.
  await publish(21, 25)
  await until('the reset', () => resets.length > 0)
  await publish(26, 40)
  await until('the second life', () => numbers.at(-1) === 40)
  expect(resets).toEqual(['epoch'])
  expect(
    judgeDelivery(
      Array.from({ length: 40 }, (_, index) => index + 1),
      numbers,
    ),
  ).toEqual(FLAWLESS)
  expect(client.topicStatus(TOPIC)).toBe('live')
})
