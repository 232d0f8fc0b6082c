import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { createRealtimeServer, type RealtimeServer } from '../../src/server.ts'
import type { FaultyBackplane } from '../support/faulty-backplane.ts'
import type { SharedHistory } from './shared-history.ts'

export interface Instance {
  readonly port: number
  readonly realtime: RealtimeServer
  readonly backplane: FaultyBackplane
  /** It dies in mid-sentence, or says goodbye first. */
  end(how: 'crash' | 'drain'): Promise<void>
}

/** Two instances of one server behind whoever asks them in turn. */
export interface Fleet {
  /** Those that live. */
  readonly instances: readonly Instance[]
  /** Of all places, those of dead instances too: a gateway does not know at once. */
  readonly ports: readonly number[]
  /** Ends one instance; another one takes its place after `awayMs`. */
  kill(place: number, how: 'crash' | 'drain', awayMs: number): Promise<void>
  readonly kills: number
  /** Resolves when no place is empty. */
  whole(): Promise<void>
  close(): Promise<void>
}

async function startInstance(history: SharedHistory): Promise<Instance> {
  const backplane = history.backplane()
  const http = createServer()
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const realtime = createRealtimeServer({
    backplane,
    // Room for everything that can be missed in an outage of the run, so that a reset needs another excuse.
    topics: { '*': { history: 5_000, clientSend: true } },
    limits: {
      replayMessages: 5_000,
      replayBytes: 67_108_864,
      // Little, so that slow readers fall behind and bursts of sends are refused for a while.
      bufferBytes: 16_384,
      sendsPerSecond: 60,
      sendBurst: 15,
    },
    heartbeatMs: 400,
    verifyMs: 100,
    feedLingerMs: 50,
    // Its history is away now and then: that is the plan.
    log() {},
  })
  realtime.attach(http, { path: '/realtime' })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    port: (http.address() as { port: number }).port,
    realtime,
    backplane,
    async end(how) {
      if (how === 'crash') for (const socket of sockets) socket.resetAndDestroy()
      await realtime.stop({ drainMs: how === 'crash' ? 0 : 100 })
      http.close()
      http.closeAllConnections()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** @param onMoved - the instances have other ports */
export async function startFleet(history: SharedHistory, onMoved: (ports: readonly number[]) => void): Promise<Fleet> {
  const places: { port: number; instance: Instance | undefined }[] = []
  const moving = new Set<Promise<void>>()
  let kills = 0
  let closed = false
  for (let place = 0; place < 2; place++) {
    const instance = await startInstance(history)
    places.push({ port: instance.port, instance })
  }
  const ports = () => places.map(({ port }) => port)

  async function replace(
    place: { port: number; instance: Instance | undefined },
    how: 'crash' | 'drain',
    awayMs: number,
  ) {
    const { instance } = place
    if (!instance) return
    kills++
    place.instance = undefined
    await Promise.all([instance.end(how), new Promise((resolve) => setTimeout(resolve, awayMs))])
    if (closed) return
    place.instance = await startInstance(history)
    place.port = place.instance.port
    onMoved(ports())
  }

  return {
    get instances() {
      return places.flatMap(({ instance }) => instance ?? [])
    },
    get ports() {
      return ports()
    },
    get kills() {
      return kills
    },
    async kill(place, how, awayMs) {
      const replacing = replace(places[place]!, how, awayMs)
      moving.add(replacing)
      await replacing
      moving.delete(replacing)
    },
    async whole() {
      await Promise.all(moving)
    },
    async close() {
      closed = true
      await Promise.all(moving)
      await Promise.all(places.map(async ({ instance }) => instance?.end('crash')))
    },
  }
}
