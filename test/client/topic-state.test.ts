import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  askFrom,
  interrupt,
  refetch,
  startTopic,
  takeMessage,
  takeReset,
  takeSub,
  type TopicState,
} from '../../src/client/topic-state.ts'
import type { MessageFrame, SubFrame } from '../../src/protocol/frame.ts'
import { type From, isFrom } from '../../src/protocol/position.ts'

const m = (i: string): MessageFrame => ({ t: 'm', c: 'a', i, e: 'x' })
const sub = (i: string): SubFrame => ({ t: 'sub', c: 'a', i, n: 0 })
const live = (i: string): TopicState => takeSub(startTopic(null), sub(i), null).state

test.each([
  ['e.5-a', 'e.6-b', 'new'],
  ['e.5-a', 'e.9-b', 'new'],
  ['e.5-a', 'e.5-a', 'repeat'],
  ['e.5-a', 'e.4-z', 'repeat'],
  ['e.5-a', 'f.1-b', 'new'],
])('at %s a message %s is %s', (place, id, verdict) => {
  expect(takeMessage(live(place), m(id)).verdict).toBe(verdict)
})

test('what is asked for again and lies before the place is history, and does not move the place', () => {
  const state = refetch(live('e.5-a'))
  expect(takeMessage(state, m('e.3-z'))).toEqual({ state, verdict: 'history' })
  expect(takeMessage(state, m('e.6-b')).verdict).toBe('new')
})

test('a place whose text this client cannot take apart is kept as it came', () => {
  const { state } = takeSub(startTopic(null), sub('17'), null)
  expect(askFrom(takeMessage(state, m('18')).state)).toBe('18')
})

test('asks from where it stands, from now, or from the oldest', () => {
  expect(askFrom(startTopic(null))).toBe(null)
  expect(askFrom(startTopic('0'))).toBe('0')
  expect(askFrom(live('e.5-a'))).toBe('e.5-a')
  expect(askFrom(refetch(live('e.5-a')))).toBe('0')
})

test('asks for the place first after an interruption, since only a resume is told what is missing', () => {
  expect(askFrom(interrupt(refetch(live('e.5-a'))))).toBe('e.5-a')
})

test('a new place after a reset counts, whatever it was before', () => {
  const state = takeReset({ t: 'reset', c: 'a', i: 'f.2-q', why: 'epoch' })
  expect([state.status, askFrom(state)]).toEqual(['live', 'f.2-q'])
})

test('a server that is ahead in the same epoch has left something out', () => {
  const state = live('e.5-a')
  expect(takeSub(state, sub('e.7-c'), 'e.5-a')).toEqual({ state, missed: true })
  expect(takeSub(state, sub('f.9-c'), 'e.5-a').missed).toBe(false)
  expect(takeSub(state, sub('e.5-a'), 'e.5-a').missed).toBe(false)
})

test('a server that is behind, since another wire was quicker, moves nothing', () => {
  const state = live('e.5-a')
  expect(takeSub(interrupt(state), sub('e.4-z'), 'e.4-z')).toEqual({ state, missed: false })
})

describe('whatever overlapping wires bring', () => {
  /** What a wire says next: the message at an offset, "caught up", a reset, or that it went away. */
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ say: fc.constant('m' as const), ahead: fc.integer({ min: -3, max: 1 }) }) },
    { weight: 2, arbitrary: fc.record({ say: fc.constant('sub' as const), ahead: fc.integer({ min: -2, max: 2 }) }) },
    { weight: 1, arbitrary: fc.record({ say: fc.constant('reset' as const), ahead: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ say: fc.constant('away' as const), ahead: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ say: fc.constant('refetch' as const), ahead: fc.constant(0) }) },
  )

  test('nothing is delivered twice or out of order, and the place is always the last that was said', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom<From>('0', null), (steps, start) => {
        let state = startTopic(start)
        let epoch = 0
        const delivered: [epoch: number, offset: number][] = []
        for (const { say, ahead } of steps) {
          const here = state.place?.offset ?? 0
          const offset = Math.max(1, here + ahead)
          const i = `e${epoch}.${offset}-x`
          let holds = true
          if (say === 'm') {
            const { state: next, verdict } = takeMessage(state, { t: 'm', c: 'a', i, e: 'n' })
            if (verdict === 'new') delivered.push([epoch, offset])
            // A repeat or a piece of history moves nothing.
            const isHistory = state.refetching && state.place !== undefined && offset <= here
            holds = next.from === (verdict === 'new' ? i : state.from) && (verdict === 'history') === isHistory
            state = next
          } else if (say === 'sub') {
            const { state: next, missed } = takeSub(state, { t: 'sub', c: 'a', i, n: 0 }, askFrom(state))
            // Ahead of a known place in the same history: something was left out, and nothing is taken for granted.
            const isAhead = state.place !== undefined && offset > here
            holds = missed === isAhead && (missed ? next === state : next.status === 'live')
            state = next
          } else if (say === 'reset') {
            epoch++
            state = takeReset({ t: 'reset', c: 'a', i: `e${epoch}.${offset}-x`, why: 'epoch' })
          } else if (say === 'away') state = interrupt(state)
          else state = refetch(state)
          expect(holds).toBe(true)
          // What is asked for can always be asked for, and after an interruption it is the place, if there is one.
          expect(isFrom(askFrom(state))).toBe(true)
          const resumes = state.status !== 'live' && state.place !== undefined
          expect(resumes ? askFrom(state) : null).toBe(resumes ? state.from : null)
        }
        const sorted = delivered.toSorted(([e1, o1], [e2, o2]) => e1 - e2 || o1 - o2)
        expect(delivered).toEqual(sorted)
        expect(new Set(delivered.map(String)).size).toBe(delivered.length)
      }),
      { numRuns: 1_000 },
    )
  })
})
