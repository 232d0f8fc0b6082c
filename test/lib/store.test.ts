import { expect, test, vi } from 'vitest'
import { createStore } from '../../src/lib/store.ts'

test('tells of changes, and of the identical value nobody', () => {
  const store = createStore<unknown>(NaN)
  const listener = vi.fn()
  const unsubscribe = store.subscribe(listener)
  store.set(NaN)
  expect(listener).not.toHaveBeenCalled()
  store.set(1)
  expect(listener).toHaveBeenCalledExactlyOnceWith(undefined)
  expect(store.get()).toBe(1)
  unsubscribe()
  unsubscribe()
  store.set(2)
  expect(listener).toHaveBeenCalledOnce()
  expect(store.size).toBe(0)
})

test('a listener that sets it has the others hear the latest value', () => {
  const store = createStore(0)
  const seen: number[] = []
  store.subscribe(() => {
    if (store.get() === 1) store.set(2)
  })
  store.subscribe(() => void seen.push(store.get()))
  store.set(1)
  expect(seen).toEqual([2, 2])
})
