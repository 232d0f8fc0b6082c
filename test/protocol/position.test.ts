import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatPosition, isFrom, parsePosition } from '../../src/protocol/position.ts'

test.for(['Ep0cH1ab.1234-x7QpA9', 'e.0-', 'a_-.9007199254740991-______------'])('%s comes back as it was', (text) => {
  expect(formatPosition(parsePosition(text)!)).toBe(text)
})

describe('what is no position', () => {
  test.for([
    '',
    '0',
    '1234',
    'e.1',
    '.1-a',
    'e.-1-a',
    'e.1.5-a',
    'e.9007199254740992-a',
    'e.99999999999999999-a',
    'e.1-a b',
    'é.1-a',
    'e.1-a\n',
    `${'e'.repeat(25)}.1-a`,
    `e.1-${'a'.repeat(13)}`,
    '__proto__',
  ])('%j', (text) => {
    expect(parsePosition(text)).toBeUndefined()
    expect(isFrom(text)).toBe(text === '0')
  })
})

test.for([null, '0', 'e.1-a'])('a subscription starts at %j', (from) => expect(isFrom(from)).toBe(true))
test.for([undefined, 0, {}, [], true, ''])('and not at %j', (from) => expect(isFrom(from)).toBe(false))

const base64url = (maxLength: number, minLength = 0) =>
  fc.stringMatching(new RegExp(`^[\\w-]{${minLength},${maxLength}}$`))
const parts = fc.record({ epoch: base64url(24, 1), offset: fc.maxSafeNat(), tag: base64url(12) })

test('every position survives its text, and no two have the same', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(parsePosition(formatPosition(one))).toEqual(one)
      expect(formatPosition(one) === formatPosition(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
  )
})

test('any text is either a position that is written the same way again, or none', () => {
  const near = fc.tuple(parts, fc.string({ maxLength: 3 }), fc.nat(40)).map(([position, noise, at]) => {
    const text = formatPosition(position)
    return text.slice(0, at) + noise + text.slice(at)
  })
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const read = parsePosition(text)
      const again = read && parsePosition(formatPosition(read))
      expect(again).toEqual(read)
      expect(isFrom(text)).toBe(text === '0' || read !== undefined)
    }),
    { numRuns: 2_000 },
  )
})
