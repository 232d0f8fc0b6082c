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
