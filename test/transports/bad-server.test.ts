import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { createRealtimeServer } from '../../src/server.ts'
import { eventually, openClient, untilStatus } from '../client/real-server.ts'

/** A server whose event streams and polls are fine, and whose WebSockets say what the test wants. */
async function serveBadWebSockets(say: (send: (text: string) => void) => void) {
  const realtime = createRealtimeServer()
  const sockets = new WebSocketServer({ noServer: true })
  const http = createServer((request, response) => {
    if (!realtime.handle(request, response)) response.writeHead(404).end()
  })
  http.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {})
      ws.on('message', () => say((text) => ws.send(text)))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await realtime.stop()
    for (const ws of sockets.clients) ws.terminate()
    http.closeAllConnections()
    http.close()
  })
  return { realtime, sockets, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/realtime` }
}

const OPEN =
  '{"t":"open","v":1,"cid":"c1","hb":25000,"retry":[0,0],"lim":{"in":65536,"data":32768,"topics":100},"caps":[]}'

test.each([
  ['no JSON at all', 'hello', 'a frame must be JSON, got "hello"'],
  ['a frame before its open frame', '{"t":"sub","c":"a","i":"e.1-x","n":0}', 'open frame first, got a frame "sub"'],
  ['an open frame that is none', '{"t":"open","v":1}', 'needs "cid" to be of type string, got undefined'],
])('a server that says %s loses that wire alone, and the trail tells what was wrong', async (_, text, detail) => {
  const { url, realtime, sockets } = await serveBadWebSockets((send) => send(text))
  const client = openClient(url)
  const heard: unknown[] = []
  client.listen('a', { onMessage: ({ data }) => heard.push(data) })
  await untilStatus(client, 'open')
  const { transport, trail } = client.connection.getSnapshot()
  expect(transport).toBe('sse')
  expect(trail).toMatchObject([{ transport: 'websocket', reason: 'flapping' }])
  expect(trail[0]!.detail).toContain(detail)
  await eventually(() => expect(sockets.clients.size).toBe(0))
  await eventually(() => expect(client.topicStatus('a')).toBe('live'))
  await realtime.publish('a', 'n', 1)
  await eventually(() => expect(heard).toEqual([1]))
})

test('a bad frame in the middle of a life closes that wire, and others carry on', async () => {
  const { url, realtime } = await serveBadWebSockets((send) => {
    send(OPEN)
    setImmediate(() => send('{"t":"m","c":"a","i":7}'))
  })
  const client = openClient(url)
  const heard: unknown[] = []
  client.listen('a', { onMessage: ({ data }) => heard.push(data) })
  await eventually(() => expect(client.connection.getSnapshot().transport).toBe('sse'))
  const { trail } = client.connection.getSnapshot()
  expect(trail).toMatchObject([{ transport: 'websocket', reason: 'flapping' }])
  expect(trail[0]!.detail).toContain('needs "i" to be of type string, got number')
  await eventually(() => expect(client.topicStatus('a')).toBe('live'))
  await realtime.publish('a', 'n', 1)
  await eventually(() => expect(heard).toEqual([1]))
})
