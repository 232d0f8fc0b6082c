import { expect, test } from 'vitest'
import type { Scope } from '../../src/lib/scope.ts'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { createRandom } from '../support/fault-proxy/shaper.ts'
import { publishNumbers, receiveNumbers, TOPIC, watchTransports } from '../support/numbers.ts'
import { startPublisher } from '../support/publisher.ts'
import { RUNG_FAULTS, RUNGS } from '../support/rungs.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

/** Quick enough to follow a network that changes its mind every 50 ms. */
const ladder = {
  raceAfterMs: 20,
  stableMs: 30,
  climb: { minMs: 10, maxMs: 20 },
  retry: { minMs: 10, maxMs: 40 },
}

/** Every 50 ms another rung is the best that works, and often what is open is cut. Resolves after so many changes. */
async function shake(scope: Scope, proxy: FaultProxy, changes: number, seed: number): Promise<void> {
  const random = createRandom(seed)
  for (let change = 0; change < changes; change++) {
    proxy.heal()
    proxy.set(RUNG_FAULTS[RUNGS[Math.floor(random() * RUNGS.length)]!])
    const dice = random()
    if (dice < 0.5) proxy.cut(dice < 0.25 ? 'rst' : 'fin')
    else if (dice < 0.6) proxy.cut('rst', 'websocket')
    await new Promise<void>((resolve) => scope.after(25 + 50 * random(), resolve))
  }
  proxy.heal()
}

test('messages arrive once and in order while the rung changes every 50 ms', { timeout: 60_000 }, async () => {
  const { scope, system, proxy } = await startTestSystem()
  const publisher = publishNumbers(scope, system)
  const client = system.openClient({ ladder })
  const transports = watchTransports(client)
  const { numbers, resets } = receiveNumbers(client)
  await shake(scope, proxy, 120, 1)
  await publisher.stop()
  await until('all messages', () => numbers.length >= publisher.stored.length)
  expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
  expect(resets).toEqual([])
  expect(new Set(transports)).toEqual(new Set(RUNGS))
})

test('sends are stored once and in order while the rung changes every 50 ms', { timeout: 60_000 }, async () => {
  const { scope, system, proxy } = await startTestSystem()
  // The log of the server's side: a listener that no fault can reach.
  const log: number[] = []
  const witness = system.openWitness()
  witness.listen(TOPIC, { replay: 'all', onMessage: ({ data }) => log.push(data as number) })
  const client = system.openClient({ ladder })
  const transports = watchTransports(client)
  const publisher = startPublisher(scope, (number) => client.send(TOPIC, 'number', number), {
    perSecond: 60,
    most: 5000,
  })
  await shake(scope, proxy, 120, 2)
  await publisher.stop()
  await until('the log', () => log.length >= publisher.stored.length)
  // In the order of the calls: 1, 2, 3…
  expect(
    judgeDelivery(
      [...publisher.stored].sort((a, b) => a - b),
      log,
    ),
  ).toEqual(FLAWLESS)
  expect(new Set(transports)).toEqual(new Set(RUNGS))
})
