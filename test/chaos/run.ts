import { createScope } from '../../src/lib/scope.ts'
import { createFaultProxy } from '../support/fault-proxy.ts'
import { until } from '../support/until.ts'
import { type ChaosClient, createChaosClient } from './chaos-client.ts'
import { createDice } from './dice.ts'
import type { Reset } from '../../src/client/message.ts'
import { startFleet } from './fleet.ts'
import { createHistoryFaults } from './history-faults.ts'
import { createLedger } from './ledger.ts'
import { createNetworkFaults } from './network-faults.ts'
import { createPublishers } from './publishers.ts'
import { createSender } from './senders.ts'
import { createSharedHistory } from './shared-history.ts'
import type { Accuse, Violation } from './violation.ts'

export interface ChaosOptions {
  readonly seed: number
  /** The chaos goes on until so many messages were delivered, or something is broken. */
  readonly deliveries: number
  /** Continuity breaks now and then: the history begins anew, and instances hear what it then loses. */
  readonly wipe?: boolean
  /** The chaos ends after so many seconds in any case. @defaultValue 600 */
  readonly mostSeconds?: number
}

export interface ChaosReport {
  readonly seed: number
  readonly deliveries: number
  readonly published: number
  readonly sends: { readonly acked: number; readonly unacked: number }
  readonly networkFaults: number
  readonly switches: number
  readonly kills: number
  readonly wipes: number
  readonly forks: number
  readonly resets: number
  /** Messages that were not heard, each before a reset that said so. */
  readonly announced: number
  readonly seconds: number
  readonly violations: readonly Violation[]
}

const TOPICS = Array.from({ length: 8 }, (_, index) => `topic-${index}`)
const CLIENTS = 12
/** Topics that a client hears all the time; others come and go. */
const TOPICS_EACH = 4
/** More of the same says nothing new. */
const MOST_VIOLATIONS = 20

/** Two instances, twelve clients and a network that keep failing; judged from what was stored and what was heard. */
export async function runChaos({
  seed,
  deliveries,
  wipe = false,
  mostSeconds = 600,
}: ChaosOptions): Promise<ChaosReport> {
  const startedMs = performance.now()
  const dice = createDice(seed)
  const scope = createScope()
  const violations: Violation[] = []
  const accuse: Accuse = (kind, detail) => {
    if (!scope.stopped && violations.length < MOST_VIOLATIONS) violations.push({ kind, detail })
  }
  const excuses = new Set<Reset['why']>()
  const ledger = createLedger(TOPICS, accuse)
  const history = createSharedHistory(ledger, dice)
  const clients: ChaosClient[] = []
  const fleet = await startFleet(history, (ports) => {
    for (const { proxy } of clients) proxy.setUpstreams(ports)
  })
  const publishers = createPublishers(fleet, dice, () => scope.stopped)
  const network = createNetworkFaults(dice, (ms, run) => scope.after(ms, run))
  const histories = createHistoryFaults({ fleet, history, ledger, dice, excuses, topics: TOPICS })
  const all = <Item>(of: (client: ChaosClient) => readonly Item[]) => clients.flatMap(of)
  const heard = () => all(({ allEars }) => allEars).reduce((sum, ear) => sum + ear.heard, 0)

  for (let index = 0; index < CLIENTS; index++) {
    const proxy = await createFaultProxy(fleet.ports)
    const client = createChaosClient(`client-${index}`, proxy, { ledger, excuses, accuse })
    clients.push(client)
    for (let topic = 0; topic < TOPICS_EACH; topic++) {
      client.listen(TOPICS[(index + topic * 2) % TOPICS.length]!, index % 2 === 0 ? 'all' : 0, true)
    }
  }
  const senders = clients.flatMap(({ name, client }, index) =>
    [index, index + 3].map((topic) =>
      createSender({
        name: `${name}:${topic}`,
        client,
        topic: TOPICS[topic % TOPICS.length]!,
        ledger,
        dice,
        accuse,
        isOrdered: () => !wipe,
      }),
    ),
  )

  const pending = new Set<Promise<void>>()
  const started = (work: Promise<void>) => {
    pending.add(work)
    void work.finally(() => pending.delete(work))
  }

  /** Does something again and again, at random times, until the chaos is over. */
  function keep(chaos: ReturnType<typeof createScope>, meanMs: number, work: () => void): void {
    chaos.after(meanMs * 2 * dice.roll(), () => {
      work()
      keep(chaos, meanMs, work)
    })
  }

  function unleash(chaos: ReturnType<typeof createScope>): void {
    keep(chaos, 15, () => publishers.burst(dice.pick(TOPICS), dice.between(1, 12), dice.between(0, 200)))
    // A burst of what is big is more than the buffers of a slow reader hold.
    keep(chaos, 3_000, () => publishers.burst(dice.pick(TOPICS), dice.between(5, 30), 20_000))
    keep(chaos, 30, () => {
      const sender = dice.pick(senders)
      for (let count = dice.chance(0.1) ? 20 : dice.between(1, 3); count > 0; count--) sender.send()
    })
    keep(chaos, 35, () => network.strike(dice.pick(clients).proxy))
    keep(chaos, 1_500, () => started(network.away(dice.pick(clients).proxy)))
    keep(chaos, 1_500, () =>
      started(fleet.kill(dice.between(0, 1), dice.pick(['crash', 'crash', 'drain']), dice.between(0, 500))),
    )
    keep(chaos, 100, histories.strike)
    if (wipe) keep(chaos, 500, histories.breakContinuity)
    keep(chaos, 200, () => {
      // A visitor: listens to one more topic for a while.
      const off = dice.pick(clients).listen(dice.pick(TOPICS), dice.pick([0, 20, 'all']))
      if (dice.chance(0.9)) chaos.after(dice.between(10, 1_500), off)
    })
    keep(chaos, 700, () => dice.pick(clients).client.reconnect())
    keep(chaos, 1_000, () => {
      const { client } = dice.pick(clients)
      client.disconnect()
      // Also when the chaos is over meanwhile.
      scope.after(dice.between(0, 300), () => client.connect())
    })
  }

  /** Everything works again: whoever is behind catches up, and every send is settled. */
  async function settle(): Promise<void> {
    await Promise.all(pending)
    await fleet.whole()
    histories.heal()
    for (const { client, proxy } of clients) {
      proxy.heal()
      client.connect()
    }
    const isOver = () => violations.length > 0
    const ears = () => all((client) => [...client.ears])
    await until('all publishes', () => isOver() || publishers.open === 0)
    await until('all topics to be live', () => isOver() || clients.every(({ isLive }) => isLive), 30_000)
    await until('all sends', () => isOver() || senders.every(({ open }) => open === 0), 40_000)
    // One more of each, which whoever is live must hear.
    await Promise.all(TOPICS.map((topic) => publishers.one(topic)))
    await until('all messages', () => isOver() || ears().every(({ isCaughtUp }) => isCaughtUp), 30_000)
    for (const ear of ears()) ear.finish()
  }

  const chaos = scope.child()
  try {
    await until('all topics to be live', () => clients.every(({ isLive }) => isLive))
    unleash(chaos)
    const seconds = () => (performance.now() - startedMs) / 1_000
    const isOver = () => violations.length > 0 || heard() >= deliveries || seconds() > mostSeconds
    await until('the chaos to be over', isOver, mostSeconds * 1_000 + 60_000)
    chaos.stop()
    if (violations.length === 0) await settle()
  } catch (error) {
    for (const client of clients) for (const ear of client.ears) ear.finish()
    accuse('lost', String(error))
  } finally {
    chaos.stop()
    if (violations.length === 0) for (const sender of senders) sender.finish()
    scope.stop()
    for (const { client, proxy } of clients) {
      client.dispose()
      proxy.close()
    }
    await fleet.close()
    ledger.stop()
  }
  const sum = <Item>(items: readonly Item[], of: (item: Item) => number) => items.reduce((so, item) => so + of(item), 0)
  const ears = all(({ allEars }) => allEars)
  return {
    seed,
    deliveries: heard(),
    published: publishers.published,
    sends: { acked: sum(senders, ({ acked }) => acked), unacked: sum(senders, ({ unacked }) => unacked) },
    networkFaults: network.strikes,
    switches: sum(clients, ({ switches }) => switches),
    kills: fleet.kills,
    wipes: histories.wipes,
    forks: histories.forks,
    resets: sum(ears, ({ resets }) => resets),
    announced: sum(ears, ({ announced }) => announced),
    seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    violations,
  }
}
