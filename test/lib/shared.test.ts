import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createShared } from '../../src/lib/shared.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function shared(lingerMs: number) {
  const stop = vi.fn()
  const start = vi.fn(() => stop)
  return { start, stop, it: createShared(start, lingerMs) }
}

test('the first user starts it, the last one stops it after the linger', () => {
  const { start, stop, it } = shared(1000)
  const releases = [it.acquire(), it.acquire()]
  expect(start).toHaveBeenCalledOnce()
  for (const release of releases) {
    release()
    release()
  }
  expect(it.users).toBe(0)
  vi.advanceTimersByTime(999)
  expect(stop).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(stop).toHaveBeenCalledOnce()
})

test('who comes within the linger finds it running', () => {
  const { start, stop, it } = shared(1000)
  it.acquire()()
  vi.advanceTimersByTime(999)
  const release = it.acquire()
  vi.advanceTimersByTime(5000)
  expect([start.mock.calls.length, stop.mock.calls.length]).toEqual([1, 0])
  release()
  vi.advanceTimersByTime(1000)
  it.acquire()
  expect(start).toHaveBeenCalledTimes(2)
})

test('without a linger it stops at once', () => {
  const { stop, it } = shared(0)
  it.acquire()()
  expect(stop).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

test('stop ends it whoever uses it, once, and leaves no timer', () => {
  const { stop, it } = shared(1000)
  const release = it.acquire()
  it.stop()
  it.stop()
  release()
  expect(stop).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})
