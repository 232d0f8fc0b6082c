import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clampDelay, createScope, MAX_DELAY_MS } from '../../src/lib/scope.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('stop runs the cleanups once, last first, and aborts the signal before', () => {
  const scope = createScope()
  const calls: string[] = []
  scope.defer(() => calls.push(`first, aborted: ${scope.signal.aborted}`))
  scope.defer(() => calls.push('second'))
  scope.stop()
  scope.stop()
  expect(calls).toEqual(['second', 'first, aborted: true'])
})

test('a cleanup can be forgotten, and one deferred after the stop runs at once', () => {
  const scope = createScope()
  const forgotten = vi.fn()
  scope.defer(forgotten)()
  scope.stop()
  expect(forgotten).not.toHaveBeenCalled()
  const late = vi.fn()
  scope.defer(late)
  expect(late).toHaveBeenCalledOnce()
})

test('timers end with the scope, can be cancelled, and are not armed after it', () => {
  const scope = createScope()
  const run = vi.fn()
  scope.after(10, run)
  scope.after(10, run)()
  vi.advanceTimersByTime(10)
  expect(run).toHaveBeenCalledOnce()
  scope.after(10, run)
  scope.stop()
  scope.after(10, run)
  expect(vi.getTimerCount()).toBe(0)
})

test('listeners end with the scope; a missing target is fine', () => {
  const scope = createScope()
  const target = new EventTarget()
  const heard = vi.fn()
  scope.listen(target, 'ping', heard)
  scope.listen(undefined, 'ping', heard)
  target.dispatchEvent(new Event('ping'))
  scope.stop()
  scope.listen(target, 'ping', heard)
  target.dispatchEvent(new Event('ping'))
  expect(heard).toHaveBeenCalledOnce()
})

test('a child stops with its parent, or before it and leaves nothing in it', () => {
  const parent = createScope()
  const early = parent.child()
  const late = parent.child()
  early.stop()
  expect([early.stopped, late.stopped, parent.stopped]).toEqual([true, false, false])
  parent.stop()
  expect(late.stopped).toBe(true)
  expect(parent.child().stopped).toBe(true)
})

test.for([
  [-1, 0],
  [NaN, 0],
  [7, 7],
  [Infinity, MAX_DELAY_MS],
  [2 ** 31, MAX_DELAY_MS],
] as const)('a delay of %d is held at %d', ([ms, held]) => expect(clampDelay(ms)).toBe(held))
