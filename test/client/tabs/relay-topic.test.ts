import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRelayRing } from '../../../src/client/tabs/relay-topic.ts'
import type { MessageFrame } from '../../../src/protocol/frame.ts'

const at = (offset: number, epoch = 'e') => `${epoch}.${offset}-x`
const m = (offset: number, epoch?: string): MessageFrame => ({ t: 'm', c: 'a', i: at(offset, epoch), e: 'n' })
const offsets = (frames: readonly MessageFrame[] | undefined) => frames?.map(({ i }) => Number(/\.(\d+)-/.exec(i)![1]))

test('says exactly what follows a place, or that only the server can', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 60 }), fc.nat(120), (first, count, from) => {
      const ring = createRelayRing(first === 1)
      ring.head = at(first - 1)
      for (let offset = first; offset < first + count; offset++) expect(ring.push(m(offset))).toBe(true)
      const last = first + count - 1
      const all = Array.from({ length: count }, (_, index) => first + index)
      const knows = from >= first - 1 && from <= last
      expect(offsets(ring.after(at(from)))).toEqual(knows ? all.filter((offset) => offset > from) : undefined)
      expect(offsets(ring.after('0'))).toEqual(first === 1 ? all : undefined)
      expect(ring.after(null)).toEqual([])
      expect(ring.after(at(from, 'other'))).toBeUndefined()
    }),
  )
})

test('keeps a bounded number, and then does not claim to have all', () => {
  const ring = createRelayRing(true)
  for (let offset = 1; offset <= 5_000; offset++) ring.push(m(offset))
  expect(ring.after('0')).toBeUndefined()
  expect(ring.after(at(10))).toBeUndefined()
  expect(offsets(ring.after(at(4_000)))).toHaveLength(1_000)
})

test('after a reset says nothing of what came before, and takes history without telling it to all', () => {
  const ring = createRelayRing(true)
  ring.push(m(1))
  ring.push(m(2))
  ring.restart(at(9, 'f'))
  expect(ring.after(at(1))).toBeUndefined()
  expect(ring.after('0')).toBeUndefined()
  expect(ring.after(at(9, 'f'))).toEqual([])
  expect(ring.push(m(8, 'f'))).toBe(false)
  expect(ring.push(m(9, 'f'))).toBe(false)
  expect(ring.push(m(10, 'f'))).toBe(true)
  expect(offsets(ring.after(at(8, 'f')))).toEqual([9, 10])
})
