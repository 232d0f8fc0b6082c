import { createElement, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import {
  RealtimeProvider,
  skip,
  useConnection,
  useEventStream,
  useLongPoll,
  useRealtime,
  useRealtimeEvent,
  useWebSocket,
} from '../../src/index.ts'

function Page(): ReactNode {
  useRealtimeEvent('numbers', '*', () => {})
  const states = [
    useRealtime('numbers').status,
    useRealtime(skip).status,
    useConnection().status,
    useWebSocket('ws://127.0.0.1:1').status,
    useEventStream('http://127.0.0.1:1').status,
    useLongPoll('http://127.0.0.1:1').status,
  ]
  return states.join(' ')
}

test('renders in Node without a window, and leaves nothing running', () => {
  expect(typeof window).toBe('undefined')
  const before = process.getActiveResourcesInfo().length
  const html = renderToString(createElement(RealtimeProvider, { url: '/realtime' }, createElement(Page)))
  expect(html).toBe('idle idle idle idle idle idle')
  expect(process.getActiveResourcesInfo()).toHaveLength(before)
})
