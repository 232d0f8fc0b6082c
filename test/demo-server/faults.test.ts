import { expect, test, vi } from 'vitest'
import { openSocket, openStream, startFaults } from './fault-fixture.ts'

test('a client without faults meets the server as it is', async () => {
  const { http, ws, log } = await startFaults()
  const { socket, until } = openSocket(`${ws}/realtime/~ann/ws`)
  await until('open', 'hello')
  socket.send('one')
  await until('open', 'hello', 'echo one')
  await openStream(`${http}/realtime/~ann/sse`).until('200', 'data: hello\n\n')
  const poll = await fetch(`${http}/realtime/~ann/poll`, { method: 'POST', body: '{"v":1}' })
  expect(await poll.text()).toBe('poll heard {"v":1}')
  expect(log).toContain('POST /realtime/poll')
})

test('the plain path reaches the server whatever the faults are', async () => {
  const { ws, change } = await startFaults()
  await change('ann', { websocket: 'refuse' })
  await openSocket(`${ws}/realtime/ws`).until('open', 'hello')
})

test('a refused handshake is answered 502, and open sockets are cut', async () => {
  const { ws, change } = await startFaults()
  const before = openSocket(`${ws}/realtime/~ann/ws`)
  await before.until('open', 'hello')
  await change('ann', { websocket: 'refuse' })
  await before.until('open', 'hello', 'closed 1006')
  await openSocket(`${ws}/realtime/~ann/ws`).until('Unexpected server response: 502', 'closed 1006')
})

test('the faults of one client do not touch another', async () => {
  const { ws, change } = await startFaults()
  const other = openSocket(`${ws}/realtime/~bob/ws`)
  await other.until('open', 'hello')
  await change('ann', { websocket: 'refuse' })
  other.socket.send('still here')
  await other.until('open', 'hello', 'echo still here')
})

test('a hung handshake is neither accepted nor refused, and goes on when it is mended', async () => {
  const { ws, change, log } = await startFaults()
  await change('ann', { websocket: 'hang' })
  const hung = openSocket(`${ws}/realtime/~ann/ws`)
  const after = openSocket(`${ws}/realtime/~bob/ws`)
  await after.until('open', 'hello')
  expect(hung.seen).toEqual([])
  expect(log).toEqual([])
  await change('ann', { websocket: 'ok' })
  await hung.until('open', 'hello')
})

test('a silent path opens and passes nothing in either direction', async () => {
  const { ws, change, log } = await startFaults()
  await change('ann', { websocket: 'silence' })
  const { socket, seen, until } = openSocket(`${ws}/realtime/~ann/ws`)
  await until('open')
  socket.send('into the void')
  const witness = openSocket(`${ws}/realtime/~bob/ws`)
  await witness.until('open', 'hello')
  witness.socket.send('x')
  await witness.until('open', 'hello', 'echo x')
  expect(seen).toEqual(['open'])
  expect(log).toEqual(['message x'])
})

test('an open socket goes silent, and the bytes come late when the path is mended', async () => {
  const { ws, change, log } = await startFaults()
  const { socket, seen, until } = openSocket(`${ws}/realtime/~ann/ws`)
  await until('open', 'hello')
  await change('ann', { websocket: 'silence' })
  socket.send('late')
  await openSocket(`${ws}/realtime/~bob/ws`).until('open', 'hello')
  expect(seen).toEqual(['open', 'hello'])
  expect(log).toEqual([])
  await change('ann', { websocket: 'ok' })
  await until('open', 'hello', 'echo late')
})

test('on a silent path the client does not hear that the server hung up', async () => {
  const { ws, change, sockets } = await startFaults()
  const { seen, until } = openSocket(`${ws}/realtime/~ann/ws`)
  await until('open', 'hello')
  await change('ann', { websocket: 'silence' })
  for (const socket of sockets.clients) socket.terminate()
  await vi.waitFor(() => expect(sockets.clients.size).toBe(0))
  expect(seen).toEqual(['open', 'hello'])
  await change('ann', { websocket: 'ok' })
  await until('open', 'hello', 'closed 1006')
})

test('a dropping path accepts and cuts soon after', async () => {
  const { ws, change } = await startFaults()
  await change('ann', { websocket: 'drop' })
  await openSocket(`${ws}/realtime/~ann/ws`).until('open', 'hello', 'closed 1006')
})

test('a path that strips Upgrade turns the handshake into a plain GET', async () => {
  const { ws, change, log } = await startFaults()
  await change('ann', { websocket: 'strip' })
  await openSocket(`${ws}/realtime/~ann/ws`).until('Unexpected server response: 426', 'closed 1006')
  expect(log).toEqual(['GET /realtime/ws'])
})

test('a buffered stream delivers its headers, and its body when it ends', async () => {
  const { http, change, streams } = await startFaults()
  await change('ann', { sse: 'buffer' })
  const stream = openStream(`${http}/realtime/~ann/sse`)
  await stream.until('200')
  await vi.waitFor(() => expect(streams.size).toBe(1))
  for (const open of streams) open.end('data: bye\n\n')
  await stream.until('200', 'data: hello\n\n', 'data: bye\n\n', 'end')
})

test('an open stream is buffered from now on, and flows again when mended', async () => {
  const { http, change, streams } = await startFaults()
  const stream = openStream(`${http}/realtime/~ann/sse`)
  await stream.until('200', 'data: hello\n\n')
  await change('ann', { sse: 'buffer' })
  for (const open of streams) open.write('data: two\n\n')
  await openStream(`${http}/realtime/~bob/sse`).until('200', 'data: hello\n\n')
  expect(stream.seen.join('')).toBe('200data: hello\n\n')
  await change('ann', { sse: 'ok' })
  await stream.until('200', 'data: hello\n\n', 'data: two\n\n')
})

test('a muted stream loses its body, so mending cuts it', async () => {
  const { http, change, streams } = await startFaults()
  await change('ann', { sse: 'mute' })
  const stream = openStream(`${http}/realtime/~ann/sse`)
  await stream.until('200')
  await vi.waitFor(() => expect(streams.size).toBe(1))
  for (const open of streams) open.write('data: lost\n\n')
  await openStream(`${http}/realtime/~bob/sse`).until('200', 'data: hello\n\n')
  expect(stream.seen).toEqual(['200'])
  await change('ann', { sse: 'ok' })
  await stream.until('200', 'cut')
})

test('withheld headers do not come, and open streams are cut', async () => {
  const { http, change, streams } = await startFaults()
  const before = openStream(`${http}/realtime/~ann/sse`)
  await before.until('200', 'data: hello\n\n')
  await change('ann', { sse: 'withhold' })
  await before.until('200', 'data: hello\n\n', 'cut')
  const after = openStream(`${http}/realtime/~ann/sse`)
  await vi.waitFor(() => expect(streams.size).toBe(1))
  await openStream(`${http}/realtime/~bob/sse`).until('200', 'data: hello\n\n')
  expect(after.seen).toEqual([])
  await change('ann', { sse: 'ok' })
  await after.until('200', 'data: hello\n\n')
})

test('a client that leaves a stream leaves the server too', async () => {
  const { http, streams, layer } = await startFaults()
  const stream = openStream(`${http}/realtime/~ann/sse`)
  await stream.until('200', 'data: hello\n\n')
  stream.leave()
  await vi.waitFor(() => expect(streams.size).toBe(0))
  await vi.waitFor(() => expect(layer.clients.size).toBe(0))
})

test('a slow path answers polls late', async () => {
  const { http, change } = await startFaults()
  await change('ann', { poll: 'slow' })
  const before = performance.now()
  const response = await fetch(`${http}/realtime/~ann/poll`, { method: 'POST', body: '{}' })
  expect(await response.text()).toBe('poll heard {}')
  expect(performance.now() - before).toBeGreaterThan(790)
})

test('a lossy path loses each third poll answer after the server did the work', async () => {
  const { http, change, log } = await startFaults()
  await change('ann', { poll: 'lossy' })
  const poll = () =>
    fetch(`${http}/realtime/~ann/poll`, { method: 'POST', body: '{}' }).then(
      () => 'answered',
      () => 'lost',
    )
  expect([await poll(), await poll(), await poll(), await poll()]).toEqual(['answered', 'answered', 'lost', 'answered'])
  expect(log).toHaveLength(4)
})

test('blocked sends are answered 502 and do not reach the server', async () => {
  const { http, change, log } = await startFaults()
  await change('ann', { send: 'block' })
  const response = await fetch(`${http}/realtime/~ann/send`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(502)
  expect(log).toEqual([])
})

test('switches are read, changed one by one and cleared', async () => {
  const { http, change } = await startFaults()
  const read = async (method: string): Promise<unknown> => (await fetch(`${http}/faults/ann`, { method })).json()
  await change('ann', { websocket: 'hang' })
  await change('ann', { sse: 'mute' })
  const faults = { websocket: 'hang', sse: 'mute', poll: 'ok', send: 'ok' }
  expect(await read('GET')).toEqual({ client: 'ann', faults })
  expect(await read('DELETE')).toEqual({
    client: 'ann',
    faults: { websocket: 'ok', sse: 'ok', poll: 'ok', send: 'ok' },
  })
})

test.for([
  [
    '{"websocket":"explode"}',
    400,
    '"websocket" must be one of "ok", "refuse", "hang", "silence", "drop", "strip", got "explode"',
  ],
  ['{"carrier-pigeon":"ok"}', 400, 'faults has "websocket", "sse", "poll", "send", got "carrier-pigeon"'],
  ['{"toString":"ok"}', 400, 'faults has "websocket", "sse", "poll", "send", got "toString"'],
  ['[]', 400, 'faults must be a JSON object such as {"websocket": "refuse"}, got []'],
  ['{', 400, 'the body must be JSON, got "{"'],
] as const)('%s is answered %i with what is allowed', async ([body, status, error]) => {
  const { http } = await startFaults()
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${http}/faults/ann`, { method: 'POST', headers, body })
  expect({ status: response.status, body: await response.json() }).toEqual({ status, body: { error } })
})

test('clients that come and go leave no memory, and above the limit the oldest is forgotten and cut', async () => {
  const { ws, change, layer } = await startFaults({ maxClients: 2 })
  const oldest = openSocket(`${ws}/realtime/~a/ws`)
  await oldest.until('open', 'hello')
  await change('b', { websocket: 'refuse' })
  await change('c', { websocket: 'refuse' })
  await oldest.until('open', 'hello', 'closed 1006')
  expect(layer.clients.size).toBe(2)
  expect(layer.clients.read('b').websocket).toBe('refuse')
})

test('stopping cuts everything', async () => {
  const { http, ws, layer, sockets, streams } = await startFaults()
  const socket = openSocket(`${ws}/realtime/~ann/ws`)
  await socket.until('open', 'hello')
  const stream = openStream(`${http}/realtime/~ann/sse`)
  await stream.until('200', 'data: hello\n\n')
  layer.stop()
  await socket.until('open', 'hello', 'closed 1006')
  await stream.until('200', 'data: hello\n\n', 'cut')
  await vi.waitFor(() => expect([sockets.clients.size, streams.size]).toEqual([0, 0]))
})
