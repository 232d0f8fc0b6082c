import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createView, type Flush } from '../../src/lib/flush.ts'

const stops: (() => void)[] = []
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function watch(flush: Flush) {
  let value = 0
  const view = createView(
    () => value,
    flush,
    () => () => {},
  )
  const shown: number[] = []
  const stop = view.subscribe(() => void shown.push(view.getSnapshot()))
  stops.push(stop)
  const change = (times: number, urgency: 'soon' | 'now' | 'later' = 'soon') => {
    for (let index = 0; index < times; index++) {
      value++
      view.changed(urgency)
    }
  }
  return { view, shown, stop, change }
}

test('shows the first change at once and the rest in the next frame', () => {
  const { shown, change } = watch('frame')
  change(100)
  expect(shown).toEqual([1])
  vi.advanceTimersToNextFrame()
  expect(shown).toEqual([1, 100])
})

test('under load shows once a frame', () => {
  const { shown, change } = watch('frame')
  change(10)
  for (let frame = 0; frame < 5; frame++) {
    vi.advanceTimersToNextFrame()
    change(10)
  }
  vi.advanceTimersToNextFrame()
  expect(shown).toEqual([1, 10, 20, 30, 40, 50, 60])
  vi.advanceTimersToNextFrame()
  change(1)
  expect(shown.at(-1)).toBe(61)
})

test('shows every change at once while fewer come than frames do', () => {
  const { shown, change } = watch('frame')
  for (let index = 1; index <= 3; index++) {
    change(1)
    expect(shown.at(-1)).toBe(index)
    vi.advanceTimersToNextFrame()
  }
})

test('two views are shown in one task of one frame', () => {
  const frames = vi.spyOn(globalThis, 'requestAnimationFrame')
  const a = watch('frame')
  const b = watch('frame')
  a.change(9)
  b.change(9)
  expect(frames).toHaveBeenCalledOnce()
  vi.advanceTimersToNextFrame()
  expect([a.shown, b.shown]).toEqual([
    [1, 9],
    [1, 9],
  ])
})

test('a hidden page has no frames and is shown by a timer', () => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  const frames = vi.spyOn(globalThis, 'requestAnimationFrame')
  const { shown, change } = watch('frame')
  change(10)
  vi.advanceTimersByTime(16)
  expect(shown).toEqual([1, 10])
  expect(frames).not.toHaveBeenCalled()
})

test('a page that is hidden while a frame is due is shown all the same', () => {
  vi.stubGlobal('requestAnimationFrame', () => 1)
  const { shown, change } = watch('frame')
  change(10)
  vi.advanceTimersByTime(250)
  expect(shown).toEqual([1, 10])
})

test('where there are no frames a timer stands in', () => {
  vi.stubGlobal('requestAnimationFrame', undefined)
  const { shown, change } = watch('frame')
  change(10)
  vi.advanceTimersByTime(16)
  expect(shown).toEqual([1, 10])
})

test('a number is the least time between two showings', () => {
  const { shown, change } = watch(1000)
  change(2)
  vi.advanceTimersByTime(999)
  expect(shown).toEqual([1])
  vi.advanceTimersByTime(1)
  change(1)
  expect(shown).toEqual([1, 2])
  vi.advanceTimersByTime(1000)
  expect(shown).toEqual([1, 2, 3])
})

test('sync shows each change, and what is urgent does not wait', () => {
  const sync = watch('sync')
  sync.change(3)
  expect(sync.shown).toEqual([1, 2, 3])
  const frame = watch('frame')
  frame.change(3)
  frame.change(1, 'now')
  expect(frame.shown).toEqual([1, 4])
})

test('what is to come later waits for the clock even after a pause', () => {
  const { shown, change } = watch('frame')
  change(1, 'later')
  expect(shown).toEqual([])
  vi.advanceTimersToNextFrame()
  expect(shown).toEqual([1])
})

test('leaves no frame and no timer after its last listener, and then gives the newest value', () => {
  const { view, stop, change } = watch('frame')
  change(5)
  expect(view.getSnapshot()).toBe(1)
  stop()
  stop()
  expect(vi.getTimerCount()).toBe(0)
  expect(view.getSnapshot()).toBe(5)
})
