import { expect, test } from 'vitest'
import { createRingBuffer } from '../../src/lib/ring-buffer.ts'

test.for([0, 1, 3, 10])('keeps the last %d, oldest first', (size) => {
  const buffer = createRingBuffer<number>(size)
  const all: number[] = []
  for (let number = 0; number < 8; number++) {
    buffer.push(number)
    all.push(number)
    expect(buffer.toArray()).toEqual(size ? all.slice(-size) : [])
    expect(buffer.length).toBe(Math.min(size, all.length))
  }
  buffer.clear()
  expect(buffer.toArray()).toEqual([])
  buffer.push(9)
  expect(buffer.toArray()).toEqual(size ? [9] : [])
})
