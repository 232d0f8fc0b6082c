import type { Message } from '../../client/message.ts'
import type { TransportName } from '../../client/transport.ts'
import { createClient } from '../../create-client.ts'
import { randomId } from '../../lib/random-id.ts'
import type { Series } from '../chart-series.ts'
import { emptyResult, quantile, type RaceResult } from './figures.ts'
import { type Lane, openLane, untilCounted, untilOpen } from './lane.ts'

/** The parts of a race, in their order. */
export type RacePhase = 'setup' | 'delivery' | 'burst' | 'reconnect'

export interface RaceSettings {
  readonly url: string
  readonly topic: string
  readonly transports: readonly TransportName[]
  readonly durationMs: number
  readonly perSecond: number
  readonly burst: number
}

export interface RaceObserver {
  onPhase(this: void, phase: RacePhase): void
  /** Where the delivery times go as they come. */
  readonly series: Readonly<Record<TransportName, Series>>
}

const SETUPS = 3
/** As much as in the transport benchmark. */
const FILLER = 'x'.repeat(64)

interface Probe {
  readonly run: string
  readonly n: number
  /** On this page's clock, so that no other clock is needed. */
  readonly at: number
  readonly filler: string
}

/**
 * Measures the transports from this page. A transport that fails is out and says why; the others go on.
 * @throws what aborts the signal; Error where even the sender cannot connect
 */
export async function runRace(
  settings: RaceSettings,
  { onPhase, series }: RaceObserver,
  signal: AbortSignal,
): Promise<RaceResult[]> {
  const results = new Map(settings.transports.map((transport) => [transport, emptyResult(transport)]))
  const lanes: Lane[] = []
  const note = (transport: TransportName, found: Partial<RaceResult>) =>
    results.set(transport, { ...results.get(transport)!, ...found })
  /** One after the other, so that none of them has to share the page. */
  const eachLane = async (run: (lane: Lane) => Promise<Partial<RaceResult>>) => {
    for (const lane of [...lanes]) {
      try {
        note(lane.transport, await run(lane))
      } catch (error) {
        signal.throwIfAborted()
        note(lane.transport, { failure: error instanceof Error ? error.message : String(error) })
        lanes.splice(lanes.indexOf(lane), 1)
        lane.client.dispose()
      }
    }
  }
  const sender = createClient({ url: settings.url, storage: false })
  try {
    onPhase('setup')
    for (const transport of settings.transports) lanes.push(openLane(transport, settings.url))
    await eachLane(async (lane) => ({ setupMs: await measureSetup(lane, settings.url, signal) }))
    sender.connect()
    await untilOpen({ client: sender }, signal)

    onPhase('delivery')
    for (const [transport, found] of await measureDelivery(lanes, sender, settings, series, signal)) {
      note(transport, found)
    }
    onPhase('burst')
    await eachLane(async (lane) => ({ perSecond: await measureBurst(lane, sender, settings, signal) }))
    onPhase('reconnect')
    await eachLane(async (lane) => ({ reconnectMs: await measureReconnect(lane, sender, settings, signal) }))
    return [...results.values()]
  } finally {
    for (const { client } of lanes) client.dispose()
    sender.dispose()
  }
}

/** The last of some clients is the lane's own, which stays. */
async function measureSetup(lane: Lane, url: string, signal: AbortSignal): Promise<number> {
  const times: number[] = []
  for (let left = SETUPS; left > 0; left--) {
    const one = left > 1 ? openLane(lane.transport, url) : lane
    const since = performance.now()
    one.client.connect()
    try {
      await untilOpen(one, signal)
      times.push(performance.now() - since)
    } finally {
      if (one !== lane) one.client.dispose()
    }
  }
  return quantile(times, 0.5)!
}

/** All lanes hear the same messages at the same time, sent by a client that is none of them. */
async function measureDelivery(
  lanes: readonly Lane[],
  sender: Pick<Lane['client'], 'send'>,
  { topic, durationMs, perSecond }: RaceSettings,
  series: RaceObserver['series'],
  signal: AbortSignal,
): Promise<[TransportName, Partial<RaceResult>][]> {
  const run = randomId(8)
  const heard = lanes.map((lane) => {
    const times: number[] = []
    let last = 0
    let disordered = 0
    const onMessage = ({ data }: Message) => {
      const { run: of, n, at } = data as Probe
      if (of !== run) return
      const now = performance.now()
      if (n <= last) disordered++
      last = n
      times.push(now - at)
      series[lane.transport].add(now, now - at)
    }
    const stop = lane.client.listen(topic, { onMessage })
    return { lane, times, stop, disordered: () => disordered }
  })
  try {
    await untilCounted('all topics', () => lanes.every(({ client }) => client.topicStatus(topic) === 'live'), signal)
    const before = lanes.map(({ tap }) => tap.bytes())
    const count = Math.max(1, Math.round((durationMs / 1000) * perSecond))
    let dataBytes = 0
    let refused: unknown
    const throwIfRefused = () => {
      if (refused) throw refused instanceof Error ? refused : new Error(JSON.stringify(refused))
    }
    for (let n = 1; n <= count; n++) {
      const probe: Probe = { run, n, at: performance.now(), filler: FILLER }
      dataBytes += JSON.stringify(probe).length
      sender.send(topic, 'probe', probe, { signal }).catch((error: unknown) => (refused ??= error))
      await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond))
      signal.throwIfAborted()
      // Where one is refused, all are: there is nothing to wait for.
      throwIfRefused()
    }
    // What is not there after this time counts as lost.
    await untilCounted('all messages', () => heard.every(({ times }) => times.length >= count), signal).catch(() => {})
    signal.throwIfAborted()
    throwIfRefused()
    return heard.map(({ lane, times, disordered }, index) => [
      lane.transport,
      {
        p50Ms: quantile(times, 0.5),
        p99Ms: quantile(times, 0.99),
        overheadBytes: Math.max(0, (lane.tap.bytes() - before[index]! - dataBytes) / count),
        lost: Math.max(0, count - times.length),
        disordered: disordered(),
      },
    ])
  } finally {
    for (const { stop } of heard) stop()
  }
}

async function measureBurst(
  { client, transport }: Lane,
  sender: Pick<Lane['client'], 'send'>,
  { topic, burst }: RaceSettings,
  signal: AbortSignal,
): Promise<number> {
  const own = `${topic}-${transport}`
  let count = 0
  let last = 0
  const stop = client.listen(own, {
    onMessage({ type }) {
      if (type !== 'burst') return
      count++
      last = performance.now()
    },
  })
  try {
    await untilCounted('the topic', () => client.topicStatus(own) === 'live', signal)
    const since = performance.now()
    await sender.send(own, 'go', { count: burst }, { signal })
    await untilCounted(`${burst} messages`, () => count >= burst, signal)
    return (burst * 1000) / (last - since)
  } finally {
    stop()
  }
}

/** A message that is sent at the moment of the cut comes over whatever carries next: no sooner can people go on. */
async function measureReconnect(
  { client, transport, tap }: Lane,
  sender: Pick<Lane['client'], 'send'>,
  { topic }: RaceSettings,
  signal: AbortSignal,
): Promise<number> {
  const own = `${topic}-${transport}`
  const run = randomId(8)
  let arrivedAt: number | undefined
  const stop = client.listen(own, {
    onMessage({ data }) {
      if ((data as Probe).run === run) arrivedAt = performance.now()
    },
  })
  try {
    await untilCounted('the topic', () => client.topicStatus(own) === 'live', signal)
    const since = performance.now()
    tap.cut()
    await sender.send(own, 'probe', { run, n: 1, at: since, filler: FILLER } satisfies Probe, { signal })
    await untilCounted('the message after the cut', () => arrivedAt !== undefined, signal)
    return arrivedAt! - since
  } finally {
    stop()
  }
}
