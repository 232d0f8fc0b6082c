// @vitest-environment node
import { createElement, type ReactElement, type ReactNode, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import {
  ConnectionBadge,
  EventLog,
  LiveChart,
  PresenceList,
  ReconnectBanner,
  TransportGuide,
  TransportPicker,
  TransportRace,
} from '../../src/components.ts'
import { RealtimeProvider } from '../../src/index.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { createFakeClient } from '../support/fake-client.ts'
import { openPage, streamPage } from '../support/server-page.ts'

const CASES: readonly (readonly [string, ReactElement, string])[] = [
  ['ConnectionBadge', createElement(ConnectionBadge), 'Not connected yet'],
  ['ReconnectBanner', createElement(ReconnectBanner), 'role="status"'],
  ['TransportPicker', createElement(TransportPicker), 'Server-Sent Events'],
  ['EventLog', createElement(EventLog, { topics: 't' }), 'Nothing happened yet.'],
  ['LiveChart', createElement(LiveChart, { topic: 't', label: 'Prices', fallback: 'the line' }), 'the line'],
  ['PresenceList', createElement(PresenceList, { topic: 't' }), 'Nobody is here'],
  ['TransportGuide', createElement(TransportGuide), 'Begin here'],
  ['TransportRace', createElement(TransportRace), 'Start the race'],
]

test.each(CASES)(
  '%s renders in Node without a window, says nothing, and leaves nothing running',
  (_, element, text) => {
    expect(typeof window).toBe('undefined')
    const log = vi.spyOn(console, 'error')
    const before = process.getActiveResourcesInfo().length
    expect(renderToString(createElement(RealtimeProvider, { url: '/realtime' }, element))).toContain(text)
    expect(log).not.toHaveBeenCalled()
    expect(process.getActiveResourcesInfo()).toHaveLength(before)
    log.mockRestore()
  },
)

test('every component is streamed and hydrated without a warning, and a chart has its canvas only then', async () => {
  const elements = CASES.map(([name, element]) => createElement('div', { key: name }, element))
  const page = (client = createFakeClient()): ReactNode =>
    createElement(StrictMode, null, createElement(ClientContext.Provider, { value: client }, elements))
  const { html, errors } = await streamPage(page())
  expect(errors).toEqual([])
  for (const [, , text] of CASES) expect(html).toContain(text)
  expect(html).not.toContain('<canvas')

  const { main, complaints, hydrate } = await openPage(html)
  const client = createFakeClient()
  hydrate(page(client))
  await vi.waitFor(() => expect(main.querySelector('canvas[aria-label="Prices"]')).not.toBeNull())
  expect(main.textContent).not.toContain('the line')
  // What is new comes after: hydration alone is no proof that effects ran.
  client.emit('t', 'news', 1)
  await vi.waitFor(() => expect(main.textContent).toContain('1 entry'))
  expect(complaints).toEqual([])
})
