import { expect, test } from 'vitest'
import { addSpan, type Span, TIMELINE_MS } from '../../../demo-server/page/connection/timeline.ts'
import { createTallyCounter } from '../../../demo-server/page/proof/tally.ts'

function tally(...numbers: (number | 'reset' | 'restart')[]) {
  const counter = createTallyCounter((run) => run())
  let run = 'a'
  for (const n of numbers) {
    if (n === 'reset') counter.reset()
    else if (n === 'restart') run = 'b'
    else counter.count({ run, n })
  }
  const { received, lost, doubled, outOfOrder, resets } = counter.getSnapshot()
  return { received, lost, doubled, outOfOrder, resets }
}

const fine = { lost: 0, doubled: 0, outOfOrder: 0, resets: 0 }

test('numbers in a row are fine, wherever they start', () => {
  expect(tally(7, 8, 9)).toEqual({ ...fine, received: 3 })
})

test('a number that is skipped is lost', () => {
  expect(tally(1, 2, 5)).toEqual({ ...fine, received: 3, lost: 2 })
})

test('a lost number that comes late is out of order instead', () => {
  expect(tally(1, 3, 2)).toEqual({ ...fine, received: 3, outOfOrder: 1 })
})

test('a number that comes again is doubled', () => {
  expect(tally(1, 2, 2, 1)).toEqual({ ...fine, received: 4, doubled: 2 })
})

test('after the word of the server, or a new run of its counter, a new number is a new start', () => {
  expect(tally(1, 2, 'reset', 9, 10)).toEqual({ ...fine, received: 4, resets: 1 })
  expect(tally(41, 42, 'restart', 1, 2)).toEqual({ ...fine, received: 4 })
})

test('the timeline joins what is the same and forgets what is past its begin', () => {
  const begin: readonly Span[] = [
    { transport: 'websocket', from: 0 },
    { transport: null, from: 1000 },
    { transport: 'sse', from: 1200 },
  ]
  expect(addSpan(begin, 'sse', 5000)).toBe(begin)
  expect(addSpan(begin, 'websocket', TIMELINE_MS + 1100)).toEqual([
    { transport: null, from: 1000 },
    { transport: 'sse', from: 1200 },
    { transport: 'websocket', from: TIMELINE_MS + 1100 },
  ])
})
