import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeries } from '../../src/components/chart-series.ts'

test('keeps the newest points and no more than it has room for', () => {
  const series = createSeries(3)
  expect(series.last).toBeUndefined()
  for (let at = 1; at <= 5; at++) series.add(at, at * 10)
  expect(series.size).toBe(3)
  expect(series.last).toEqual({ at: 5, value: 50 })
  expect(series.buckets(1, 6, 5).map(({ last }) => last)).toEqual([30, 40, 50])
  series.clear()
  expect(series.buckets(0, 5, 5)).toEqual([])
})

test('whatever the points, each stretch has their lowest, highest and last value, and every point is counted', () => {
  const points = fc.array(fc.record({ step: fc.nat(9), value: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }), {
    maxLength: 200,
  })
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: 40 }), (given, count) => {
      const series = createSeries(1000)
      let now = 0
      const added = given.map(({ step, value }) => {
        now += step
        series.add(now, value)
        return { at: now, value }
      })
      const to = Math.max(1, now)
      const buckets = series.buckets(0, to, count)
      expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(added.length)
      if (added.length === 0) return
      const values = added.map(({ value }) => value)
      expect(Math.min(...buckets.map(({ min }) => min))).toBe(Math.min(...values))
      expect(Math.max(...buckets.map(({ max }) => max))).toBe(Math.max(...values))
      expect(buckets.at(-1)!.last).toBe(values.at(-1))
      for (const { min, max, last } of buckets) expect(min <= last && last <= max).toBe(true)
    }),
  )
})

test('a spike of one message among a hundred thousand is not lost', () => {
  const series = createSeries(100_000)
  for (let at = 0; at < 100_000; at++) series.add(at, at === 54_321 ? 999 : 1)
  expect(Math.max(...series.buckets(0, 100_000, 300).map(({ max }) => max))).toBe(999)
})
