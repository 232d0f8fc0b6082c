import { act, renderHook } from '@testing-library/react'
import { createElement, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { ClientContext } from '../../src/react/client-context.ts'
import { useConnection } from '../../src/react/use-connection.ts'
import { useSend } from '../../src/react/use-send.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

const provide = (client: FakeClient) =>
  function Provide({ children }: { children: ReactNode }) {
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

test('gives the connection as it is', () => {
  const client = createFakeClient()
  const { result } = renderHook(() => useConnection(), { wrapper: provide(client) })
  expect(result.current.status).toBe('idle')
  act(() => client.setConnection(OPEN))
  expect(result.current).toBe(OPEN)
})

test('renders only when the selected part changes', () => {
  const client = createFakeClient()
  let renders = 0
  const { result } = renderHook(
    () => (
      renders++,
      useConnection(
        (connection) => [connection.transport],
        (a, b) => a[0] === b[0],
      )
    ),
    {
      wrapper: provide(client),
    },
  )
  act(() => client.setConnection(OPEN))
  const before = renders
  const { current } = result
  act(() => client.setConnection({ ...OPEN, latency: 12 }))
  expect(renders).toBe(before)
  expect(result.current).toBe(current)
})

test('a server renders idle, whatever the client is', () => {
  const client = createFakeClient()
  client.setConnection(OPEN)
  const Shows = () => useConnection().status
  expect(renderToString(createElement(provide(client), null, createElement(Shows)))).toBe('idle')
})

test('without a provider the error says what to do', () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => renderHook(() => useConnection())).toThrow('wrap your app')
  log.mockRestore()
})

test('useSend keeps its identity while topic and defaults do, and listens to nothing', async () => {
  const client = createFakeClient()
  const { result, rerender } = renderHook(({ topic }) => useSend(topic, { timeoutMs: 100 }), {
    wrapper: provide(client),
    initialProps: { topic: 'a' },
  })
  const send = result.current
  rerender({ topic: 'a' })
  expect(result.current).toBe(send)
  await send('hello')
  rerender({ topic: 'b' })
  expect(result.current).not.toBe(send)
  expect(client.calls).toEqual(['send a hello'])
  expect(client.listeners).toBe(0)
})
