import { expect, test } from 'vitest'
import { createRateLimiter } from '../../src/server/rate-limiter.ts'

test('a burst passes, then nothing until the bucket opens again, so that no later message overtakes a refused one', () => {
  let time = 0
  const { take } = createRateLimiter(100, 3, () => time)
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 100])
  // A token would be there again after 10 ms, but the refused message has not come back yet.
  time = 50
  expect(take('a')).toBe(50)
  expect(take('b')).toBe(0)
  time = 100
  expect(take('a')).toBe(0)
})
