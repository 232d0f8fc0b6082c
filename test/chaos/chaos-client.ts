import { WebSocket } from 'ws'
import type { RealtimeClient, Replay } from '../../src/client/realtime-client.ts'
import { createClient } from '../../src/create-client.ts'
import type { FaultProxy } from '../support/fault-proxy.ts'
import { createEar, type Ear, type EarOptions } from './ear.ts'

/** One client behind a network of its own, with all its listeners. */
export interface ChaosClient {
  readonly name: string
  readonly proxy: FaultProxy
  readonly client: RealtimeClient
  /** Listens from now on; returns its end. */
  listen(topic: string, replay: Replay, fromStart?: boolean): () => void
  /** Those that listen now. */
  readonly ears: ReadonlySet<Ear>
  readonly allEars: readonly Ear[]
  /** Changes of the transport that carries. */
  readonly switches: number
  /** Topics that are heard are live. */
  readonly isLive: boolean
}

/** Quick enough to follow a network that changes its mind many times a second. */
const LADDER = {
  raceAfterMs: 20,
  proveWithinMs: 1_000,
  stableMs: 60,
  climb: { minMs: 20, maxMs: 200 },
  retry: { minMs: 10, maxMs: 100 },
}

export function createChaosClient(
  name: string,
  proxy: FaultProxy,
  judge: Pick<EarOptions, 'ledger' | 'excuses' | 'accuse'>,
): ChaosClient {
  const client = createClient({
    url: `${proxy.url}/realtime`,
    WebSocket,
    storage: false,
    ladder: LADDER,
    lingerMs: 50,
  })
  const ears = new Set<Ear>()
  const allEars: Ear[] = []
  let switches = 0
  let carrier: string | null = null
  client.connection.subscribe(() => {
    const { transport } = client.connection.getSnapshot()
    if (!transport || transport === carrier) return
    if (carrier) switches++
    carrier = transport
  })
  return {
    name,
    proxy,
    client,
    ears,
    allEars,
    listen(topic, replay, fromStart = false) {
      const options = { name: `${name}'s listener ${allEars.length + 1} of ${topic}`, topic, fromStart }
      const ear = createEar({ ...judge, ...options, replays: replay !== 0 })
      ears.add(ear)
      allEars.push(ear)
      const off = client.listen(topic, { replay, onMessage: ear.message, onReset: ear.reset })
      return () => {
        ears.delete(ear)
        off()
      }
    },
    get switches() {
      return switches
    },
    get isLive() {
      return [...ears].every(({ topic }) => client.topicStatus(topic) === 'live')
    },
  }
}
