import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listenToPage, type PageSignal } from '../../src/lib/page-signals.ts'
import { createScope, type Scope } from '../../src/lib/scope.ts'

let scope: Scope
let signals: PageSignal[]
let stoodMs: number

beforeEach(() => {
  vi.useFakeTimers()
  scope = createScope()
  signals = []
  stoodMs = 0
  listenToPage(scope, (signal) => void signals.push(signal))
})
afterEach(() => {
  scope.stop()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const hide = (hidden: boolean) => vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden)
const say = (target: EventTarget, type: string, fields: object = {}) =>
  target.dispatchEvent(Object.assign(new Event(type), fields))

test('each event of the page is one signal', () => {
  hide(true)
  say(document, 'visibilitychange')
  hide(false)
  say(document, 'visibilitychange')
  say(document, 'freeze')
  say(document, 'resume')
  say(window, 'pagehide', { persisted: true })
  say(window, 'pageshow', { persisted: true })
  say(window, 'offline')
  say(window, 'online')
  expect(signals).toEqual(['hidden', 'wake', 'leave', 'wake', 'leave', 'wake', 'offline', 'online'])
})

test('a page that is closed or loaded anew says nothing', () => {
  say(window, 'pagehide', { persisted: false })
  say(window, 'pageshow', { persisted: false })
  expect(signals).toEqual([])
})

const HOUR = 3_600_000

test('clocks that run on say nothing', () => {
  vi.advanceTimersByTime(24 * HOUR)
  expect(signals).toEqual([])
})

test.each([
  ['leaves the other behind', 120_000],
  ['is set an hour on', HOUR],
  ['is set an hour back', -HOUR],
])('a wall clock that %s is one jump, noticed within a second', (_, ms) => {
  vi.advanceTimersByTime(20_300)
  vi.setSystemTime(Date.now() + ms)
  vi.advanceTimersByTime(1_000)
  expect(signals).toEqual(['jump'])
  vi.advanceTimersByTime(HOUR)
  expect(signals).toEqual(['jump'])
})

test('a wall clock that is corrected by little is no jump', () => {
  for (const ms of [900, -900, 2_000, -2_000]) {
    vi.setSystemTime(Date.now() + ms)
    vi.advanceTimersByTime(5_000)
  }
  expect(signals).toEqual([])
})

/** Nothing runs for so long, by either clock; then what is overdue runs, late. */
function standStill(ms: number): void {
  vi.restoreAllMocks()
  stoodMs += ms
  const now = performance.now.bind(performance)
  const time = Date.now
  vi.spyOn(performance, 'now').mockImplementation(() => now() + stoodMs)
  vi.spyOn(Date, 'now').mockImplementation(() => time() + stoodMs)
}

test('a process that stood still has jumped', () => {
  standStill(5_000)
  vi.advanceTimersByTime(1_000)
  expect(signals).toEqual(['jump'])
})

test('late timers of a hidden tab are no jump, and its sleep is one', () => {
  standStill(59_000)
  hide(true)
  vi.advanceTimersByTime(1_000)
  expect(signals).toEqual([])
  standStill(120_000)
  hide(true)
  vi.advanceTimersByTime(1_000)
  expect(signals).toEqual(['jump'])
  vi.setSystemTime(vi.getMockedSystemTime()!.getTime() + 10_000)
  vi.advanceTimersByTime(1_000)
  expect(signals).toEqual(['jump', 'jump'])
})

test('nothing is left after the scope', () => {
  scope.stop()
  say(window, 'online')
  expect(signals).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
