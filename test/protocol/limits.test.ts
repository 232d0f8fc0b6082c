import { expect, test } from 'vitest'
import { assertTopic, isTopic } from '../../src/protocol/limits.ts'

test.for(['a', 'chat:lobby', 'user/7@x~y.z-_', 'x'.repeat(200), '__proto__', 'constructor', '..'])(
  '%s is a topic',
  (name) => {
    expect(isTopic(name)).toBe(true)
    expect(() => assertTopic(name)).not.toThrow()
  },
)

test.for(['', 'x'.repeat(201), 'a b', 'a\n', 'a\0', 'ä', 'a%2e', 'a?b', 7, null, undefined, {}])(
  '%j is none',
  (name) => {
    expect(() => assertTopic(name)).toThrow(/a topic must be 1 to 200 of/)
  },
)
