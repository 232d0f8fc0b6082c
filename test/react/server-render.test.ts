// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs'
import { createElement, type ReactNode, StrictMode, Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import {
  type Dehydrated,
  latest,
  preload,
  RealtimeProvider,
  type RealtimeClient,
  skip,
  useConnection,
  useEventLog,
  useEventStream,
  useLongPoll,
  usePresence,
  usePresenceList,
  usePresenceMember,
  useRealtime,
  useRealtimeAction,
  useRealtimeEvent,
  useRealtimeSuspense,
  useSend,
  useWebSocket,
} from '../../src/index.ts'
import { openPage, streamPage } from '../support/server-page.ts'
import { eventually, openClient, serveChat } from '../client/real-server.ts'

const root = new URL('../..', import.meta.url).pathname
const newest = latest<string>('chat:lobby')

/** Uses every hook; what comes of those that need no server is not waited for. */
function Page(): ReactNode {
  useRealtimeEvent('chat:lobby', '*', () => {})
  useSend('chat:lobby')
  const [action] = useRealtimeAction('chat:lobby', 'message')
  const { data: messages, status } = useRealtime<string>('chat:lobby')
  const shown = [
    status,
    messages.length,
    useRealtime(skip).status,
    useConnection().status,
    useEventLog({ topics: 'chat:lobby' }).entries.length,
    usePresence('chat:lobby', 'me').status,
    usePresenceList('chat:lobby').members.length,
    usePresenceMember('chat:lobby', 'me')?.user ?? 'nobody',
    action.isPending,
    useWebSocket(skip).status,
    useEventStream(skip).status,
    useLongPoll(skip).status,
  ]
  return createElement('p', null, shown.join(' '))
}

function Newest(): ReactNode {
  const { data, status } = useRealtimeSuspense(newest)
  return createElement('b', null, `${status} ${data?.data}`)
}

const page = (client: RealtimeClient): ReactNode =>
  createElement(
    StrictMode,
    null,
    createElement(
      RealtimeProvider,
      { client },
      createElement(Page),
      createElement(Suspense, { fallback: createElement('i', null, 'wait') }, createElement(Newest)),
    ),
  )

const IDLE_PAGE = 'idle 0 idle idle 0 idle 0 nobody false idle idle idle'

/** A server with two messages, and how its clients are opened. */
async function serveTwo() {
  const server = await serveChat({ topics: { chat: { history: 10, clientSend: true, presence: true } } })
  await server.realtime.publish('chat:lobby', 'message', 'one')
  await server.realtime.publish('chat:lobby', 'message', 'two')
  return { ...server, open: () => openClient(server.url) }
}

test('renders every hook in Node without a window, and leaves nothing running', () => {
  expect(typeof window).toBe('undefined')
  const before = process.getActiveResourcesInfo().length
  const html = renderToString(createElement(RealtimeProvider, { url: '/realtime' }, createElement(Page)))
  expect(html).toBe(`<p>${IDLE_PAGE}</p>`)
  expect(process.getActiveResourcesInfo()).toHaveLength(before)
})

test('every hook is streamed and hydrated without a warning, with the state that was preloaded', async () => {
  const { realtime, open } = await serveTwo()
  const ofServer = open()
  await preload(ofServer, newest)
  const { html, errors } = await streamPage(page(ofServer))
  expect(errors).toEqual([])
  expect(html).toContain(`<p>${IDLE_PAGE}</p>`)
  expect(html).toContain('<b>idle two</b>')
  const dehydrated = JSON.stringify(ofServer.dehydrate())
  ofServer.dispose()
  await realtime.publish('chat:lobby', 'message', 'three')

  const { main, complaints, hydrate } = await openPage(html)
  const client = open()
  client.hydrate(JSON.parse(dehydrated) as Dehydrated)
  hydrate(page(client))
  await eventually(() => expect(main.textContent).toContain('live three'))
  await eventually(() => expect(main.textContent).toContain('live 3 idle open'))
  expect(complaints).toEqual([])
})

test('without a state the fallback is sent, the server is told why, and the browser goes on', async () => {
  const { open } = await serveTwo()
  const ofServer = open()
  const { html, errors } = await streamPage(page(ofServer))
  expect(String(errors[0])).toContain('no state of topic chat:lobby to render on a server')
  expect(errors).toHaveLength(1)
  expect(html).toContain('<i>wait</i>')
  expect(ofServer.connection.getSnapshot().status).toBe('idle')
  const { main, hydrate } = await openPage(html)
  hydrate(page(open()))
  await eventually(() => expect(main.textContent).toContain('live two'))
})

test('every entry can be imported where there is no window, and does nothing then', async () => {
  expect(typeof window).toBe('undefined')
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, { readonly default?: string } | string>
  }
  const entries = Object.values(exports).flatMap((entry) => (typeof entry === 'object' ? (entry.default ?? []) : []))
  const sources = entries
    .filter((path) => path.endsWith('.js'))
    .map((path) => path.replace('./dist/', `${root}src/`).replace(/\.js$/, '.ts'))
    .map((path) => (existsSync(path) ? path : `${path}x`))
  const running = () => process.getActiveResourcesInfo().filter((kind) => /^(?:Timeout|TCP)/.test(kind)).length
  const before = running()
  for (const source of sources) expect(Object.keys((await import(/* @vite-ignore */ source)) as object)).not.toEqual([])
  expect(sources.length).toBeGreaterThan(2)
  expect(running()).toBeLessThanOrEqual(before)
})
