import { expect, test } from 'vitest'
import { placeAfter } from '../../src/client/place-after.ts'

test.each([
  ['a.5-x', 'a.5-x', 'seen'],
  ['a.5-x', 'a.4-y', 'seen'],
  ['a.5-x', 'a.6-y', 'next'],
  ['a.5-x', 'a.7-y', 'later'],
  ['a.5-x', 'b.1-y', 'later'],
  ['17', '17', 'seen'],
  ['17', '18', 'unknown'],
] as const)('to somebody who saw everything up to %s, %s is %s', (last, id, place) => {
  expect(placeAfter(last, id)).toBe(place)
})
