import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listenToPage, type PageSignal } from '../../src/lib/page-signals.ts'
import { createScope, type Scope } from '../../src/lib/scope.ts'

let scope: Scope
let signals: PageSignal[]

beforeEach(() => {
  vi.useFakeTimers()
  scope = createScope()
  signals = []
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
  say(document, 'resume')
  say(window, 'pagehide', { persisted: true })
  say(window, 'pageshow', { persisted: true })
  say(window, 'offline')
  say(window, 'online')
  expect(signals).toEqual(['hidden', 'wake', 'wake', 'leave', 'wake', 'offline', 'online'])
})

test('a page that is closed or loaded anew says nothing', () => {
  say(window, 'pagehide', { persisted: false })
  say(window, 'pageshow', { persisted: false })
  expect(signals).toEqual([])
})

test('a clock that jumped is a wake-up, a tick on time is none', () => {
  vi.advanceTimersByTime(20_000)
  expect(signals).toEqual([])
  vi.setSystemTime(Date.now() + 60_000)
  vi.advanceTimersByTime(5000)
  expect(signals).toEqual(['wake'])
  vi.advanceTimersByTime(20_000)
  expect(signals).toEqual(['wake'])
})

test('late timers of a hidden tab are no wake-up', () => {
  hide(true)
  vi.setSystemTime(Date.now() + 60_000)
  vi.advanceTimersByTime(5000)
  expect(signals).toEqual([])
})

test('nothing is left after the scope', () => {
  scope.stop()
  say(window, 'online')
  expect(signals).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
