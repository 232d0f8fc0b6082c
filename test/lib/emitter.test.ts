import { expect, test, vi } from 'vitest'
import { createEmitter } from '../../src/lib/emitter.ts'

test('listeners hear in the order they came; off is idempotent and takes one of two equal ones', () => {
  const emitter = createEmitter<number>()
  const calls: string[] = []
  const listener = (value: number) => void calls.push(`a${value}`)
  const off = emitter.on(listener)
  emitter.on((value) => void calls.push(`b${value}`))
  emitter.on(listener)
  off()
  off()
  emitter.emit(1)
  expect(calls).toEqual(['b1', 'a1'])
  expect(emitter.size).toBe(2)
})

test('one that throws is reported and keeps nobody from hearing', () => {
  const onError = vi.fn()
  const emitter = createEmitter<number>(onError)
  const heard = vi.fn()
  emitter.on(() => {
    throw new Error('boom')
  })
  emitter.on(heard)
  emitter.emit(1)
  expect(heard).toHaveBeenCalledWith(1)
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'boom' }))
})

test('one removed while others are told is not told any more, one added then waits for the next', () => {
  const emitter = createEmitter<number>()
  const removed = vi.fn()
  const added = vi.fn()
  emitter.on(() => {
    off()
    emitter.on(added)
  })
  const off = emitter.on(removed)
  emitter.emit(1)
  expect(removed).not.toHaveBeenCalled()
  expect(added).not.toHaveBeenCalled()
})
