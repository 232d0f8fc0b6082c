import { createElement, type ReactElement } from 'react'
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

const CASES: readonly (readonly [string, ReactElement, string])[] = [
  ['ConnectionBadge', createElement(ConnectionBadge), 'Not connected yet'],
  ['ReconnectBanner', createElement(ReconnectBanner), 'role="status"'],
  ['TransportPicker', createElement(TransportPicker), 'Server-Sent Events'],
  ['EventLog', createElement(EventLog, { topics: 't' }), 'Nothing happened yet.'],
  ['LiveChart', createElement(LiveChart, { topic: 't', label: 'Prices' }), '<canvas'],
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
