import { expect, test } from 'vitest'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'

test('a log that repeats the published one is flawless', () => {
  expect(judgeDelivery([1, 2, 3], [1, 2, 3])).toEqual(FLAWLESS)
  expect(judgeDelivery([], [])).toEqual(FLAWLESS)
})

test('says what was lost, doubled, reordered and invented', () => {
  expect(judgeDelivery([1, 2, 3, 4], [1, 2, 4])).toEqual({ ...FLAWLESS, lost: [3] })
  expect(judgeDelivery([1, 2, 3], [1, 2, 2, 3, 1])).toEqual({ ...FLAWLESS, doubled: [2, 1] })
  expect(judgeDelivery([1, 2, 3], [1, 3, 2])).toEqual({ ...FLAWLESS, reordered: [2] })
  expect(judgeDelivery([1], [1, 9])).toEqual({ ...FLAWLESS, invented: [9] })
})

test('judges by the order of publishing, not by the size of the numbers', () => {
  expect(judgeDelivery([3, 1, 2], [3, 1, 2])).toEqual(FLAWLESS)
  expect(judgeDelivery([3, 1, 2], [1, 3, 2])).toEqual({ ...FLAWLESS, reordered: [3] })
})
