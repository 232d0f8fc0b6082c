import { describe, expect, test } from 'vitest'
import { createEventDecoder } from '../../src/protocol/sse-decode.ts'
import { encodeComment, encodeEvent, encodeRetry } from '../../src/protocol/sse-encode.ts'

function decode(text: string) {
  const events: { event: string; data: string; lastEventId: string }[] = []
  const comments: string[] = []
  const retries: number[] = []
  const decoder = createEventDecoder({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (ms) => retries.push(ms),
  })
  decoder.push(new TextEncoder().encode(text))
  return { events, comments, retries, lastEventId: decoder.lastEventId }
}

/** What would write a field, an event or a comment of its own. */
const INJECTIONS = [
  'a\nevent: forged',
  'a\revent: forged',
  'a\r\nevent: forged',
  'a\n\ndata: forged\n\n',
  'a\r\rdata: forged\r\r',
  '\nid: forged',
  '\rid: forged',
]

describe('an event name or id with a line break or NUL is refused', () => {
  test.for([...INJECTIONS, 'a\0b', '\n', '\r', '\0'])('%j', (value) => {
    expect(() => encodeEvent({ event: value, data: '' })).toThrow(TypeError)
    expect(() => encodeEvent({ id: value, data: '' })).toThrow(TypeError)
  })
})

describe('data stays data', () => {
  test.for([
    ...INJECTIONS,
    '',
    ' ',
    '  two spaces first',
    ':colon',
    'data: x',
    'retry: 1',
    '\n',
    '\n\n',
    'a\n',
    '\r',
    'a\0b',
  ])('%j', (data) => {
    const { events, comments, retries, lastEventId } = decode(encodeEvent({ event: 'note', id: '7', data }))
    expect(events).toEqual([{ event: 'note', data: data.replaceAll(/\r\n?/g, '\n'), lastEventId: '7' }])
    expect({ comments, retries, lastEventId }).toEqual({ comments: [], retries: [], lastEventId: '7' })
  })
})

test('leading blanks of a name and of an id come back as they were', () => {
  expect(decode(encodeEvent({ event: '  e', id: ' 1', data: '' })).events).toEqual([
    { event: '  e', data: '', lastEventId: ' 1' },
  ])
})

test('an empty name is the unnamed event, an empty id forgets the id', () => {
  const text = encodeEvent({ id: '1', data: 'a' }) + encodeEvent({ event: '', id: '', data: 'b' })
  expect(decode(text).events).toEqual([
    { event: 'message', data: 'a', lastEventId: '1' },
    { event: 'message', data: 'b', lastEventId: '' },
  ])
})

describe('a comment stays a comment', () => {
  test.for([...INJECTIONS, '', '\n\n', 'a\0b'])('%j', (comment) => {
    const { events, retries, comments, lastEventId } = decode(encodeComment(comment))
    expect({ events, retries, lastEventId }).toEqual({ events: [], retries: [], lastEventId: '' })
    expect(comments.map((line) => line.slice(1))).toEqual(comment.split(/\r\n|\r|\n/))
  })
})

describe('retry', () => {
  test.for([0, 1, 3000, Number.MAX_SAFE_INTEGER])('%d comes back', (ms) => {
    expect(decode(encodeRetry(ms)).retries).toEqual([ms])
  })

  test.for([-1, 1.5, NaN, Infinity, 1e21, '1\ndata: forged' as unknown as number])('%s is refused', (ms) => {
    expect(() => encodeRetry(ms)).toThrow(TypeError)
  })
})
