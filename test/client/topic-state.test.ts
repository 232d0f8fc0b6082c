import { expect, test } from 'vitest'
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
