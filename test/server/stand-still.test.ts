import { expect, test } from 'vitest'
import { connect, openObject, serve } from './support.ts'

test('a server that stood still itself ends nobody for what it could not read meanwhile', async () => {
  const heartbeatMs = 400
  const { realtime, url } = await serve({ heartbeatMs })
  const clients = await Promise.all(Array.from({ length: 5 }, () => connect(url, openObject({}))))
  for (const client of clients) client.ws.on('message', () => client.send({ t: 'hb' }))
  await Promise.all(clients.map((client) => client.frame('hb')))
  // As long as five silent heartbeats; whoever is silent for 2.4 is ended.
  const until = performance.now() + 5 * heartbeatMs
  while (performance.now() < until);
  await Promise.all(clients.map((client) => client.frame('hb', 3)))
  expect(realtime.connections).toBe(5)
})
