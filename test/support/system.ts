import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocket } from 'ws'
import type { RealtimeClient } from '../../src/client/realtime-client.ts'
import { type ClientOptions, createClient } from '../../src/create-client.ts'
import { createRealtimeServer, type RealtimeServer, type RealtimeServerOptions } from '../../src/server.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'

/** A server, a faultless proxy in front of it, and clients that know only the proxy. */
export interface TestSystem {
  readonly proxy: FaultProxy
  /** The server that the proxy reaches now. */
  readonly realtime: RealtimeServer
  openClient(options?: Partial<ClientOptions>): RealtimeClient
  /** A client that reaches the server without the proxy. */
  openWitness(): RealtimeClient
  /** The server crashes and another one, without its memory, is there at once. */
  restart(): Promise<void>
  /** Ends clients, proxy and server. */
  close(): Promise<void>
}

async function startServer(options: RealtimeServerOptions) {
  const http = createServer()
  const realtime = createRealtimeServer(options)
  realtime.attach(http, { path: '/realtime' })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const stop = async () => {
    await realtime.stop({ drainMs: 0 })
    http.closeAllConnections()
    http.close()
  }
  return { realtime, port: (http.address() as { port: number }).port, stop }
}

export async function startSystem(options: RealtimeServerOptions = {}): Promise<TestSystem> {
  let server = await startServer(options)
  const proxy = await createFaultProxy(server.port)
  const clients: RealtimeClient[] = []
  function open(port: number, clientOptions: Partial<ClientOptions> = {}): RealtimeClient {
    const client = createClient({
      url: `http://127.0.0.1:${port}/realtime`,
      // Typed for Node's events, it is no `EventTarget` to TypeScript.
      WebSocket,
      storage: false,
      ...clientOptions,
    })
    clients.push(client)
    return client
  }
  return {
    proxy,
    get realtime() {
      return server.realtime
    },
    openClient: (clientOptions) => open(proxy.port, clientOptions),
    openWitness: () => open(server.port),
    async restart() {
      const before = server
      server = await startServer(options)
      proxy.setUpstreams([server.port])
      proxy.cut('rst')
      await before.stop()
    },
    async close() {
      for (const client of clients) client.dispose()
      proxy.close()
      await server.stop()
    },
  }
}
