import { expect, test } from 'vitest'
import { backoffMs } from '../../src/lib/backoff.ts'

const bounds = { minMs: 500, maxMs: 5000 }

test('the ceiling doubles with each attempt and stops at the most', () => {
  const ceilings = [0, 1, 2, 3, 4, 1000].map((attempt) => backoffMs(attempt, bounds, 1))
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 5000, 5000])
})

test('no dice go below half of the least', () => {
  for (const attempt of [0, 5, 1e9]) expect(backoffMs(attempt, bounds, 0)).toBe(250)
})

test('bounds the wrong way round give the most', () => {
  expect(backoffMs(3, { minMs: 500, maxMs: 100 }, 0)).toBe(100)
})
