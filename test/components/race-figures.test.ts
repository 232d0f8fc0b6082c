import { expect, test } from 'vitest'
import { markdownTable, quantile } from '../../src/components/race/figures.ts'

test('quantiles are values that were measured, by nearest rank', () => {
  const values = [5, 1, 4, 2, 3]
  expect(quantile(values, 0.5)).toBe(3)
  expect(quantile(values, 0.99)).toBe(5)
  expect(quantile(values, 0)).toBe(1)
  expect(quantile([], 0.5)).toBeNull()
  expect(values).toEqual([5, 1, 4, 2, 3])
})

test('a bar in a cell does not end it', () => {
  expect(markdownTable(['a|b', 'c'], [['1', '2']])).toBe('| a\\|b | c |\n| --- | ---: |\n| 1 | 2 |\n')
})
