import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { act, configure, render, renderHook, screen } from '@testing-library/react'
import { useEffect } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { endpointKey } from '../../src/react/endpoint-key.ts'
import { skip } from '../../src/react/skip.ts'
import { useEventStream } from '../../src/react/use-event-stream.ts'
import { useLongPoll } from '../../src/react/use-long-poll.ts'
import { useWebSocket } from '../../src/react/use-web-socket.ts'

configure({ reactStrictMode: true })

let server: WebSocketServer
let url: string
let opened: number
let heard: string[]

beforeEach(async () => {
  // jsdom's own opens no connection under vitest: its events are not those of Node's event targets.
  vi.stubGlobal('WebSocket', WebSocket)
  opened = 0
  heard = []
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => {
    opened++
    socket.on('message', (text: Buffer) => void heard.push(text.toString()))
  })
  await new Promise((listening) => server.once('listening', listening))
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  vi.useRealTimers()
  for (const socket of server.clients) socket.terminate()
  server.close()
  vi.unstubAllGlobals()
})

interface Feed {
  tick: number
}

const connected = () => vi.waitFor(() => expect([...server.clients].map((socket) => socket.readyState)).toEqual([1]))
const publish = (...numbers: number[]) => {
  for (const socket of server.clients) {
    for (const data of numbers) socket.send(JSON.stringify({ type: 'tick', data }))
  }
}

test('StrictMode, three components and inline options open one socket with one state', async () => {
  const Shows = () => {
    const { data: messages, status } = useWebSocket<Feed>(url, { retry: { minMs: 10 }, onError: () => {} })
    return <output>{`${status} ${messages.map((message) => message.data).join()}`}</output>
  }
  render(
    <>
      <Shows />
      <Shows />
      <Shows />
    </>,
  )
  await connected()
  publish(1, 2)
  await vi.waitFor(() => {
    for (const shown of screen.getAllByRole('status')) expect(shown).toHaveTextContent('live 1,2')
  })
  expect(opened).toBe(1)
})

test('onMessage hears 1000 messages once, in order, and data ends with the last 50', async () => {
  const all: number[] = []
  const { result } = renderHook(() => useWebSocket<Feed>(url, { onMessage: ({ data }) => void all.push(data) }))
  await connected()
  const sent = Array.from({ length: 1000 }, (_, index) => index)
  publish(...sent)
  await vi.waitFor(() => expect(result.current.data.at(-1)?.data).toBe(999))
  expect(all).toEqual(sent)
  expect(result.current.data).toHaveLength(50)
})

test('reduces to a state of its own', async () => {
  const { result } = renderHook(() =>
    useWebSocket<number, Feed>(url, { initial: 0, reduce: (sum, { data }) => sum + data }),
  )
  expect(result.current.data).toBe(0)
  await connected()
  publish(1, 2, 3)
  await vi.waitFor(() => expect(result.current.data).toBe(6))
})

test('send works from the first moment on and keeps its identity', async () => {
  const { result } = renderHook(() => useWebSocket(url))
  const { send } = result.current
  send({ type: 'hello' })
  await vi.waitFor(() => expect(heard).toEqual(['{"type":"hello"}']))
  expect(result.current.send).toBe(send)
  expect(opened).toBe(1)
})

test('a component that follows another in one commit keeps the socket; the last one to leave closes it', async () => {
  const Shows = () => <output>{useWebSocket(url).status}</output>
  const { rerender, unmount } = render(<Shows key="a" />)
  await connected()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  rerender(<Shows key="b" />)
  unmount()
  vi.advanceTimersByTime(4999)
  expect(server.clients.size).toBe(1)
  vi.advanceTimersByTime(1)
  vi.useRealTimers()
  await vi.waitFor(() => expect(server.clients.size).toBe(0))
  expect(opened).toBe(1)
})

test('twenty components that reconnect at once open one socket more', async () => {
  function Reconnects({ when }: { when: number }) {
    const { reconnect } = useWebSocket(url)
    useEffect(() => {
      if (when) reconnect()
    }, [reconnect, when])
    return null
  }
  const page = (when: number) => Array.from({ length: 20 }, (_, index) => <Reconnects key={index} when={when} />)
  const { rerender } = render(<>{page(0)}</>)
  await connected()
  rerender(<>{page(1)}</>)
  await vi.waitFor(() => expect(opened).toBe(2))
  await connected()
  expect(opened).toBe(2)
})

test('functions in options are those of the newest render', async () => {
  const read = (name: string) => (decoded: unknown) => ({ type: name, data: decoded, id: undefined })
  const { result, rerender } = renderHook(({ options }) => useWebSocket(url, options), {
    initialProps: { options: { read: read('old') } },
  })
  await connected()
  rerender({ options: { read: read('new') } })
  publish(1)
  await vi.waitFor(() => expect(result.current.data.at(-1)?.type).toBe('new'))
  expect(opened).toBe(1)
})

test('a URL that is a function is asked by the component alone', async () => {
  const One = ({ address }: { address: string }) => (
    <output>{useWebSocket(() => Promise.resolve(address)).status}</output>
  )
  render(
    <>
      <One address={url} />
      <One address={url} />
    </>,
  )
  await vi.waitFor(() => expect(opened).toBe(2))
})

test('a change of the URL shows the state of the other one', async () => {
  const { result, rerender } = renderHook(({ path }) => useWebSocket<Feed>(`${url}${path}`), {
    initialProps: { path: '/a' },
  })
  await connected()
  publish(1)
  await vi.waitFor(() => expect(result.current.data).toHaveLength(1))
  rerender({ path: '/b' })
  expect(result.current.data).toEqual([])
  await vi.waitFor(() => expect(opened).toBe(2))
})

test('skip opens nothing', () => {
  const { result } = renderHook(() => useWebSocket(skip))
  expect(result.current).toMatchObject({ data: [], status: 'idle' })
  expect(() => result.current.send(1)).toThrow('skip')
})

test('a server renders the initial state and opens nothing', () => {
  const Shows = () => useWebSocket<number>(url, { initial: 7, reduce: (n) => n }).data
  expect(renderToString(<Shows />)).toBe('7')
  expect(opened).toBe(0)
})

test('reads an event stream and a long poll with the same result shape', async () => {
  let polls = 0
  const http = createServer((request, response) => {
    if (request.url?.startsWith('/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'access-control-allow-origin': '*' })
      response.write('event: tick\ndata: 1\n\n')
    } else if (polls++ === 0) {
      response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
      response.end(JSON.stringify({ messages: [{ type: 'tick', data: 2, id: '1' }], lastId: '1' }))
    }
  }).listen(0, '127.0.0.1')
  await vi.waitFor(() => expect(http.listening).toBe(true))
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const { result } = renderHook(() => ({
    stream: useEventStream<Feed>(`${base}/events`),
    poll: useLongPoll<Feed>(`${base}/poll`),
  }))
  await vi.waitFor(() => {
    expect(result.current.stream.data.map(({ data }) => data)).toEqual([1])
    expect(result.current.poll.data.map(({ data }) => data)).toEqual([2])
  })
  expect(result.current.stream.status).toBe('live')
  act(() => http.closeAllConnections())
  http.close()
})

test('keys are those of values: order, functions and what is undefined do not count', () => {
  const key = endpointKey('/a', { retry: { minMs: 1, maxMs: 2 }, onError: () => {}, method: undefined })
  expect(endpointKey('/a', { onError: () => 1, retry: { maxMs: 2, minMs: 1 } })).toBe(key)
  expect(endpointKey('/a', { onError: () => 1, retry: { maxMs: 3, minMs: 1 } })).not.toBe(key)
  expect(endpointKey('/a', { headers: new Headers({ a: '1' }) })).not.toBe(
    endpointKey('/a', { headers: new Headers() }),
  )
})
