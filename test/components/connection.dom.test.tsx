import { act, fireEvent, screen } from '@testing-library/react'
import { createRef } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ConnectionBadge, ReconnectBanner, TransportPicker } from '../../src/components.ts'
import type { ConnectionSnapshot } from '../../src/client/connection-snapshot.ts'
import type { Verdict } from '../../src/client/verdict.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { createFakeClient, OPEN } from '../support/fake-client.ts'
import { expectAccessible, renderWith } from './support.tsx'

// Of the clock alone: axe waits with real timers.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const error = new EverwireError('unreachable', 'the network is away', { retryable: true })
const away = (retryInMs: number | null): ConnectionSnapshot => ({
  status: 'reconnecting',
  transport: null,
  attempt: 1,
  retryAt: retryInMs === null ? null : Date.now() + retryInMs,
  error,
  trail: [],
})
const FAILED: ConnectionSnapshot = { status: 'failed', transport: null, error, trail: [] }
const wait = (ms: number) => act(() => void vi.advanceTimersByTime(ms))
const accessible = async (container: Element) => {
  vi.useRealTimers()
  await expectAccessible(container)
}

function openClient() {
  const client = createFakeClient()
  client.setConnection(OPEN)
  return client
}

test('the badge does not flicker for a trouble that is over within its grace', () => {
  const client = openClient()
  renderWith(client, <ConnectionBadge graceMs={800} />)
  act(() => client.setConnection(away(null)))
  wait(799)
  expect(screen.getByRole('status')).toHaveTextContent('Live over WebSocket')
  act(() => client.setConnection(OPEN))
  wait(5000)
  expect(screen.getByRole('status')).toHaveTextContent('Live over WebSocket')
})

test('the badge says what lasts longer, from the beginning of the trouble on', () => {
  const client = openClient()
  renderWith(client, <ConnectionBadge graceMs={800} />)
  act(() => client.setConnection(away(5000)))
  wait(700)
  act(() => client.setConnection(away(null)))
  wait(101)
  expect(screen.getByRole('status')).toHaveTextContent('Reconnecting')
  act(() => client.setConnection(OPEN))
  expect(screen.getByRole('status')).toHaveTextContent('Live over WebSocket')
})

test('the badge counts down by a timer of its own, and outside of the live region', () => {
  const client = openClient()
  const { container } = renderWith(client, <ConnectionBadge graceMs={0} />)
  act(() => client.setConnection(away(2500)))
  wait(0)
  expect(container).toHaveTextContent('Retrying in 3 s')
  wait(600)
  expect(container).toHaveTextContent('Retrying in 2 s')
  wait(1000)
  expect(container).toHaveTextContent('Retrying in 1 s')
  wait(1000)
  expect(container).toHaveTextContent('Retrying now')
  expect(screen.getByRole('status').textContent).toBe('Reconnecting')
  expect(vi.getTimerCount()).toBe(0)
})

test('the badge leaves no timer and no listener behind', () => {
  const client = openClient()
  const { unmount } = renderWith(client, <ConnectionBadge />)
  act(() => client.setConnection(away(2500)))
  unmount()
  expect(vi.getTimerCount()).toBe(0)
  expect(client.listeners).toBe(0)
})

test('the badge passes on native props, ref and class, and takes other texts', () => {
  const client = openClient()
  const ref = createRef<HTMLSpanElement>()
  const labels = { open: 'Verbunden', over: (transport: string) => ` mit ${transport}` }
  renderWith(client, <ConnectionBadge ref={ref} id="badge" className="mine" data-x="1" labels={labels} />)
  expect(ref.current).toHaveAttribute('id', 'badge')
  expect(ref.current).toHaveClass('ew-badge', 'mine')
  expect(ref.current).toHaveAttribute('data-x', '1')
  expect(screen.getByRole('status')).toHaveTextContent('Verbunden mit WebSocket')
})

test('the badge shows the latency where it is wanted, and what a render function makes of it', () => {
  const client = openClient()
  client.setConnection({ ...OPEN, latency: 4.26 })
  const { container, rerender } = renderWith(client, <ConnectionBadge showLatency />)
  expect(container).toHaveTextContent('4.3 ms')
  rerender(<ConnectionBadge>{({ connection }) => <b>{connection.status}</b>}</ConnectionBadge>)
  expect(container).toHaveTextContent(/^open$/)
})

test('the banner is empty until the trouble has lasted, then lets people retry at once', async () => {
  const client = openClient()
  const { container } = renderWith(client, <ReconnectBanner afterMs={3000} />)
  act(() => client.setConnection(away(9000)))
  wait(2999)
  expect(container).toHaveTextContent(/^$/)
  wait(1)
  expect(screen.getByRole('status')).toHaveTextContent('The connection is lost')
  expect(container).toHaveTextContent('Retrying in 6 s')
  fireEvent.click(screen.getByRole('button', { name: 'Retry now' }))
  expect(client.calls).toEqual(['reconnect'])
  act(() => client.setConnection(OPEN))
  expect(container).toHaveTextContent(/^$/)
  act(() => client.setConnection(FAILED))
  expect(screen.getByRole('status')).toHaveTextContent('The server ended the connection: the network is away')
  await accessible(container)
})

test('the banner passes on ref and props, and its render function gets the way to retry', () => {
  const client = openClient()
  client.setConnection(FAILED)
  const ref = createRef<HTMLDivElement>()
  renderWith(
    client,
    <ReconnectBanner ref={ref} className="mine" title="t">
      {({ connection, retryNow }) => <button onClick={retryNow}>{connection.status}</button>}
    </ReconnectBanner>,
  )
  expect(ref.current).toHaveClass('ew-banner', 'mine')
  expect(ref.current).toHaveAttribute('title', 't')
  fireEvent.click(screen.getByRole('button', { name: 'failed' }))
  expect(client.calls).toEqual(['reconnect'])
})

const verdict = (transport: Verdict['transport'], reason: Verdict['reason']): Verdict => ({
  transport,
  reason,
  detail: '',
  at: 1,
})

test('the picker says what is in use and why something is not usable, and forgets what was climbed past', async () => {
  const client = createFakeClient()
  const trail = [verdict('websocket', 'refused'), verdict('longpoll', 'hung')]
  client.setConnection({ ...OPEN, transport: 'sse', trail })
  const { container } = renderWith(client, <TransportPicker />)
  const describe = (name: string) => screen.getByRole('radio', { name })
  expect(describe('WebSocket')).toHaveAccessibleDescription(/^not usable: refused.*proxy_http_version/)
  expect(describe('Server-Sent Events')).toHaveAccessibleDescription('in use')
  expect(describe('Long polling')).not.toHaveAccessibleDescription()
  await accessible(container)
  act(() => client.setConnection({ ...OPEN, trail }))
  expect(describe('WebSocket')).toHaveAccessibleDescription('in use')
})

test('the picker keeps a choice or leaves it to the application, and offers nothing that is unsupported', () => {
  const client = createFakeClient()
  const trail = [verdict('websocket', 'unsupported')]
  client.setConnection({ ...FAILED, trail })
  const heard = vi.fn<(choice: string) => void>()
  const { rerender } = renderWith(client, <TransportPicker onValueChange={heard} />)
  expect(screen.getByRole('radio', { name: 'Automatic' })).toBeChecked()
  fireEvent.click(screen.getByRole('radio', { name: 'Long polling' }))
  expect(screen.getByRole('radio', { name: 'Long polling' })).toBeChecked()
  expect(heard).toHaveBeenCalledWith('longpoll')
  expect(screen.getByRole('radio', { name: 'WebSocket' })).toBeDisabled()
  rerender(<TransportPicker value="sse" />)
  fireEvent.click(screen.getByRole('radio', { name: 'Automatic' }))
  expect(screen.getByRole('radio', { name: 'Server-Sent Events' })).toBeChecked()
})

test('the badge is accessible in each status', async () => {
  vi.useRealTimers()
  for (const connection of [OPEN, away(1000), FAILED]) {
    const client = createFakeClient()
    client.setConnection(connection)
    const { container, unmount } = renderWith(client, <ConnectionBadge graceMs={0} showLatency />)
    await expectAccessible(container)
    unmount()
  }
})
