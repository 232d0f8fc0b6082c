import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRealtimeServer } from '../../src/server.ts'

export type CostRequest =
  | { readonly do: 'rest' }
  | { readonly do: 'publish'; readonly messages: number; readonly perSecond: number; readonly data: unknown }

export interface CostReport {
  readonly port: number
  readonly connections: number
  /** Of objects and buffers, after a collection. */
  readonly bytes: number
  readonly cpuMicroseconds: number
}

const http = createServer()
const realtime = createRealtimeServer({ topics: { news: { history: 100 } } })
realtime.attach(http, { path: '/realtime' })
http.listen(0, '127.0.0.1', 4096)
await once(http, 'listening')

process.on('message', (request: CostRequest) => {
  const answer = request.do === 'publish' ? publish(request) : Promise.resolve()
  void answer.then(report)
})
report()

function report(): void {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send!({
    port: (http.address() as AddressInfo).port,
    connections: realtime.connections,
    bytes: heapUsed + external,
    cpuMicroseconds: user + system,
  } satisfies CostReport)
}

async function publish({ messages, perSecond, data }: CostRequest & { readonly do: 'publish' }): Promise<void> {
  const begin = performance.now()
  for (let sent = 0; sent < messages; sent++) {
    const due = begin + (sent * 1000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    await realtime.publish('news:all', 'message', data)
  }
}
