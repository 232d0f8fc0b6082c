import { act, configure, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ClientContext } from '../../src/react/client-context.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient } from '../support/fake-client.ts'

configure({ reactStrictMode: true })

function watchWarnings() {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  return warn
}

function show<Props>(use: (props: Props) => unknown, initialProps: Props) {
  const client = createFakeClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  )
  return { client, ...renderHook(use, { wrapper, initialProps: initialProps as Props & {} }) }
}

test('a topic that is another one in each render is warned of, before React gives up', () => {
  const warn = watchWarnings()
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const quiet = (event: ErrorEvent) => event.preventDefault()
  addEventListener('error', quiet)
  onTestFinished(() => removeEventListener('error', quiet))
  let n = 0
  const client = createFakeClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  )
  expect(() => renderHook(() => useRealtime(`numbers:${++n}`), { wrapper })).toThrow('Too many re-renders')
  expect(warn.mock.lastCall?.[0]).toContain('another topic, definition or URL 20 times within a second')
})

test('a topic that changes with each commit is warned of once', () => {
  const warn = watchWarnings()
  const { rerender } = show(({ topic }) => useRealtime(topic), { topic: 'numbers:0' })
  for (let n = 1; n < 60; n++) rerender({ topic: `numbers:${n}` })
  expect(warn).toHaveBeenCalledOnce()
  expect(warn.mock.lastCall?.[0]).toMatch(/the last one is "numbers:\d+ #50 frame"/)
})

test('inline options and changes at a human pace are nothing to warn of', () => {
  const warn = watchWarnings()
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { rerender } = show(
    ({ topic }) => useRealtime(topic, { initial: 0, reduce: (n: number) => n + 1, select: (n: number) => [n] }),
    { topic: 'numbers:0' },
  )
  for (let n = 1; n < 60; n++) {
    rerender({ topic: `numbers:${n}` })
    rerender({ topic: `numbers:${n}` })
    act(() => void vi.advanceTimersByTime(100))
  }
  expect(warn).not.toHaveBeenCalled()
})

test('two inline reducers of one topic are told apart in a warning, once', () => {
  const warn = watchWarnings()
  const client = createFakeClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  )
  const { rerender } = renderHook(
    () => {
      useRealtime('inline-clash', { initial: 0, reduce: (n: number) => n + 1 })
      useRealtime('inline-clash', { initial: 0, reduce: (n: number) => n - 1 })
    },
    { wrapper },
  )
  rerender()
  rerender()
  expect(warn).toHaveBeenCalledOnce()
  expect(warn.mock.lastCall?.[0]).toContain('two live definitions of "inline-clash"')
})

test('the same inline reducer in two components is one definition', () => {
  const warn = watchWarnings()
  const use = () => useRealtime('inline-same', { initial: 0, reduce: (n: number) => n + 1 })
  const { rerender } = show(() => [use(), use()], {})
  rerender({})
  rerender({})
  expect(warn).not.toHaveBeenCalled()
})
