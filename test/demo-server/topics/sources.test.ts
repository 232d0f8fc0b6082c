import { expect, test, vi } from 'vitest'
import { memoryBackplane } from '../../../src/server.ts'
import { withSources } from '../../../demo-server/topics/activity.ts'
import { createCounters } from '../../../demo-server/topics/counters.ts'
import { createMarket } from '../../../demo-server/topics/market.ts'
import { createPriceWatch } from '../../../demo-server/topics/notices.ts'
import { shareSource } from '../../../demo-server/topics/source.ts'

const NO_EVENTS = { message() {}, suspect() {}, presence() {}, signal() {} }

/** A source that keeps a list of what runs. */
function createWitness() {
  const running: string[] = []
  const source = (name: string) => {
    running.push(name)
    return () => void running.splice(running.indexOf(name), 1)
  }
  return { running, source }
}

test('a source runs while somebody listens to its topic, and no longer', async () => {
  const { running, source } = createWitness()
  const backplane = withSources(memoryBackplane(), { ticker: source })
  await backplane.start('one', NO_EVENTS)
  await backplane.subscribe(['/ticker:a', '/ticker:b:c', '/chat:a', '/ticker'])
  expect(running).toEqual(['a', 'b:c'])
  await backplane.unsubscribe(['/ticker:a'])
  expect(running).toEqual(['b:c'])
  await backplane.close()
  expect(running).toEqual([])
})

test('topics that share a source start it once and stop it with the last one', () => {
  const { running, source } = createWitness()
  const shared = shareSource(source)
  const stops = [shared('all'), shared('all')]
  expect(running).toEqual(['all'])
  stops[0]!()
  expect(running).toEqual(['all'])
  stops[1]!()
  expect(running).toEqual([])
})

test('a market moves every symbol before one moves again, and stays near its opening price', () => {
  const market = createMarket('seed')
  for (let round = 0; round < 500; round++) {
    const updates = Array.from({ length: 20 }, () => market.next())
    expect(new Set(updates.map(({ symbol }) => symbol)).size).toBe(20)
    for (const { price, open } of updates) expect(Math.abs(price / open - 1)).toBeLessThan(0.5)
  }
})

test('a price is worth a notice once it has moved 3 % since the last one', () => {
  const watch = createPriceWatch()
  const at = (price: number) => watch({ symbol: 'AMBR', name: 'Amber', open: 100, price })?.title
  expect([at(102.9), at(103), at(104), at(99.5)]).toEqual([undefined, 'AMBR up 3.0 %', undefined, 'AMBR down 3.4 %'])
})

test('a counter keeps its rate and does not make up for a sleep of the machine', () => {
  vi.useFakeTimers()
  const sent: number[] = []
  const counters = createCounters((_topic, _event, { n }) => sent.push(n))
  counters.setRate('mine', 100)
  const stop = counters.source('mine')
  vi.advanceTimersByTime(1000)
  expect(sent).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  counters.setRate('mine', 5)
  vi.advanceTimersByTime(1000)
  expect(sent).toHaveLength(105)
  stop()
  vi.advanceTimersByTime(1000)
  expect(sent).toHaveLength(105)
  vi.useRealTimers()
})
