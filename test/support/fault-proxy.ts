import { createScope } from '../../src/lib/scope.ts'
import { createStore } from '../../src/lib/store.ts'
import { createHttpLayer } from './fault-proxy/http-layer.ts'
import { type CutHow, type FaultSettings, FAULTLESS, type TrafficKind } from './fault-proxy/settings.ts'
import { createTcpLayer } from './fault-proxy/tcp-layer.ts'
import { createTraffic, type Traffic } from './fault-proxy/traffic.ts'

/** A proxy on the loopback that misbehaves on demand, in front of one or more origins on the loopback. */
export interface FaultProxy {
  readonly port: number
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly settings: FaultSettings
  readonly traffic: Traffic
  /** Changes some settings; open connections obey too, where that makes sense. */
  set(changes: Partial<FaultSettings>): void
  /** Back to no fault at all. What is cut, vanished or silenced stays so. */
  heal(): void
  /** Ends open connections now: all of them, or those that carry one kind of traffic. */
  cut(how?: CutHow, kind?: TrafficKind): void
  /** From now on the bytes and the ends of every open connection vanish, both ways. New connections are fine. */
  halfOpen(): void
  /** Refuses connections and resets the open ones. */
  down(): Promise<void>
  /** Accepts connections again, on the same port. */
  up(): Promise<void>
  /** The origins' ports from now on, asked in turn, one a request. */
  setUpstreams(ports: readonly number[]): void
  /** Ends everything; nothing is left. */
  close(): void
}

/** @param upstreams - the port of the origin, or of several which are asked in turn */
export async function createFaultProxy(
  upstreams: number | readonly number[],
  initial: Partial<FaultSettings> = {},
): Promise<FaultProxy> {
  const scope = createScope()
  const settings = createStore<FaultSettings>({ ...FAULTLESS, ...initial })
  const traffic = createTraffic()
  let ports = typeof upstreams === 'number' ? [upstreams] : [...upstreams]
  let turn = 0
  const http = await createHttpLayer(() => ports[turn++ % ports.length]!, settings, traffic, scope)
  const tcp = await createTcpLayer(http.port, settings, traffic, scope)
  return {
    port: tcp.port,
    url: `http://127.0.0.1:${tcp.port}`,
    get settings() {
      return settings.get()
    },
    traffic,
    set: (changes) => settings.set({ ...settings.get(), ...changes }),
    heal: () => settings.set(FAULTLESS),
    cut: (how = 'rst', kind) => (kind ? http.cut(how, kind) : tcp.cut(how)),
    halfOpen: () => tcp.halfOpen(),
    down: () => tcp.down(),
    up: () => tcp.up(),
    setUpstreams(next) {
      ports = [...next]
    },
    close: () => scope.stop(),
  }
}
