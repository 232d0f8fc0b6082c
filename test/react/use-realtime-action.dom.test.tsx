import { act, configure, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, test } from 'vitest'
import type { SendResult } from '../../src/client/realtime-client.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { type ActionOptions, useRealtimeAction } from '../../src/react/use-realtime-action.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'
import { holdSends } from '../support/hold-sends.ts'

configure({ reactStrictMode: true })

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

const stored = (n: number): SendResult => ({ id: `epoch.${n}-tag`, duplicate: false })

function start(options?: ActionOptions<string, unknown>) {
  const client = createFakeClient()
  const sends = holdSends(client)
  const { result, rerender } = renderHook(
    (props: ActionOptions<string, unknown>) => useRealtimeAction('chat:lobby', 'message', props),
    { wrapper: provide(client), initialProps: { ...options } },
  )
  return { sends, rerender, state: () => result.current[0], run: result.current[1], reset: result.current[2], result }
}

test('is pending until the server has the message, and then says where it is', async () => {
  const { sends, state, run } = start()
  expect(state()).toEqual({ isPending: false, result: null, error: null })
  let outcome: unknown
  act(() => void run('hello').then((state) => (outcome = state)))
  expect(state()).toEqual({ isPending: true, result: null, error: null })
  expect(sends.map(({ topic, type, data }) => [topic, type, data])).toEqual([['chat:lobby', 'message', 'hello']])
  await act(async () => sends[0]!.resolve(stored(1)))
  expect(state()).toEqual({ isPending: false, result: stored(1), error: null })
  expect(outcome).toEqual(state())
})

test('resolves with the error of a send, which the next success takes away', async () => {
  const { sends, state, run } = start()
  const error = new EverwireError('timed-out', 'no ack')
  let outcome: unknown
  act(() => void run('hello').then((state) => (outcome = state)))
  await act(async () => sends[0]!.reject(error))
  expect(state()).toEqual({ isPending: false, result: null, error })
  expect(outcome).toEqual(state())
  act(() => void run('again'))
  expect(state()).toMatchObject({ isPending: true, error })
  await act(async () => sends[1]!.resolve(stored(1)))
  expect(state()).toMatchObject({ isPending: false, error: null })
})

test('of several at a time the one that was started last has the last word', async () => {
  const { sends, state, run } = start()
  act(() => {
    void run('first')
    void run('second')
  })
  await act(async () => sends[1]!.resolve(stored(2)))
  expect(state()).toEqual({ isPending: true, result: stored(2), error: null })
  await act(async () => sends[0]!.reject(new EverwireError('timed-out', 'late')))
  expect(state()).toEqual({ isPending: false, result: stored(2), error: null })
})

test('reset forgets the outcome, also the one that is to come', async () => {
  const { sends, state, run, reset } = start()
  act(() => void run('first'))
  act(() => reset())
  expect(state()).toEqual({ isPending: true, result: null, error: null })
  await act(async () => sends[0]!.resolve(stored(1)))
  expect(state()).toEqual({ isPending: false, result: null, error: null })
})

test('keeps its identity, and an inline `toData` is the newest one', async () => {
  const { sends, result, run, rerender } = start({ toData: (text) => `old ${text}` })
  rerender({ toData: (text) => `new ${text}` })
  expect(result.current[1]).toBe(run)
  act(() => void run('hello'))
  expect(sends[0]!.data).toBe('new hello')
  await act(async () => sends[0]!.resolve(stored(1)))
})

test('rejects with a mistake of `toData`, and is not pending any more', async () => {
  const mistake = new Error('not a form')
  const { sends, state, run } = start({
    toData() {
      throw mistake
    },
  })
  await act(async () => expect(await run('hello').catch((error: unknown) => error)).toBe(mistake))
  expect(state()).toEqual({ isPending: false, result: null, error: null })
  expect(sends).toEqual([])
})
