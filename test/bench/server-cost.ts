import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { createClient } from '../../src/create-client.ts'
import { longPoll } from '../../src/transports/long-poll.ts'
import { eventStream } from '../../src/transports/sse.ts'
import { webSocket } from '../../src/transports/websocket.ts'
import { type RungName, RUNGS } from '../support/rungs.ts'
import { until } from '../support/until.ts'
import type { CostReport, CostRequest } from './server-cost-process.ts'

// What a server pays: memory for each connection that is open, processor time for each message that is delivered. The
// server is a process of its own, so that the clients' cost is not counted.

const TRANSPORTS = { websocket: () => webSocket({ WebSocket }), sse: () => eventStream(), longpoll: () => longPoll() }
const DATA = { text: 'x'.repeat(100 - JSON.stringify({ text: '' }).length) }

interface Cost {
  readonly rung: RungName
  readonly clients: number
  readonly kilobytes: number
  readonly microseconds: number
  readonly deliveries: number
}

/** @param args - clients (500 unless told), messages (100) and messages a second (10) */
export async function run([clients = '500', messages = '100', perSecond = '10']: readonly string[]): Promise<void> {
  const costs: Cost[] = []
  for (const rung of RUNGS) costs.push(await measure(rung, Number(clients), Number(messages), Number(perSecond)))
  console.log(
    `server-cost: ${clients} clients of one topic, ${perSecond} messages of 100 bytes a second to each of them`,
  )
  console.table(
    costs.map(({ rung, kilobytes, microseconds, deliveries }) => ({
      transport: rung,
      'KB a connection': Number(kilobytes.toFixed(1)),
      deliveries,
      'µs of CPU a delivery': Number(microseconds.toFixed(1)),
    })),
  )
}

async function measure(rung: RungName, count: number, messages: number, perSecond: number): Promise<Cost> {
  const server = fork(new URL('server-cost-process.ts', import.meta.url), {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  })
  const { port } = await answerOf(server)
  let heard = 0
  const open = () => {
    const url = `http://127.0.0.1:${port}/realtime`
    const client = createClient({ url, storage: false, transports: [TRANSPORTS[rung]()] })
    client.on('news:all', '*', () => void heard++)
    return client
  }
  // What the first ones cost, they cost once.
  const early = Array.from({ length: 20 }, open)
  await until('the first clients', () => early.every((client) => client.topicStatus('news:all') === 'live'), 60_000)
  const before = await ask(server, { do: 'rest' })
  const clients = Array.from({ length: count }, open)
  await until('all clients', () => clients.every((client) => client.topicStatus('news:all') === 'live'), 120_000)
  const full = await ask(server, { do: 'rest' })
  for (const client of early) client.dispose()
  let idle = full
  await until('the first clients to be gone', async () => {
    idle = await ask(server, { do: 'rest' })
    return idle.connections === count
  })
  heard = 0
  await ask(server, { do: 'publish', messages, perSecond, data: DATA })
  await until('all messages', () => heard >= messages * count, 120_000)
  const done = await ask(server, { do: 'rest' })
  for (const client of clients) client.dispose()
  server.kill()
  await once(server, 'exit')
  return {
    rung,
    clients: count,
    kilobytes: (full.bytes - before.bytes) / count / 1024,
    microseconds: (done.cpuMicroseconds - idle.cpuMicroseconds) / (messages * count),
    deliveries: heard,
  }
}

async function answerOf(server: ChildProcess): Promise<CostReport> {
  const [report] = (await once(server, 'message')) as [CostReport]
  return report
}

function ask(server: ChildProcess, request: CostRequest): Promise<CostReport> {
  server.send(request)
  return answerOf(server)
}
