import type { MemoryEngine, Position } from '../../src/server.ts'
import type { Accuse } from './violation.ts'

/** What the application sends; `name` is unique to what was meant as one message. */
export interface Payload {
  readonly name: string
  readonly padding: string
}

/** The log of the storing side: what the history took, in its order, written down before anybody can hear of it. */
export interface Ledger {
  /** Writes down what an engine stores from now on. A history that begins anew goes on behind the one before. */
  follow(engine: MemoryEngine): void
  /** The place of a message in its topic's log, from 0. */
  rankOf(topic: string, id: Position): number | undefined
  nameAt(topic: string, rank: number): string | undefined
  /** How many messages a topic's log has. */
  length(topic: string): number
  /** Where the message of this name is stored. */
  storedAt(name: string): readonly Position[]
  /** The newest position of a topic in the history that counts now. */
  head(topic: string): Position | undefined
  /** A message that an instance heard live, but that the history does not have: it was lost in a failover. */
  fork(id: Position): void
  isFork(id: Position): boolean
  stop(): void
}

export function createLedger(topics: readonly string[], accuse: Accuse): Ledger {
  const logs = new Map(
    topics.map((topic) => [topic, { names: [] as string[], ranks: new Map<Position, number>(), head: '' }]),
  )
  const stored = new Map<string, Position[]>()
  const forks = new Set<Position>()
  let leave = () => {}

  function write(topic: string, id: Position, name: string): void {
    const log = logs.get(topic)!
    log.ranks.set(id, log.names.length)
    log.names.push(name)
    log.head = id
    const before = stored.get(name)
    if (!before) return void stored.set(name, [id])
    // Keys are part of a history: with a new one they begin anew.
    const epoch = id.slice(0, id.indexOf('.'))
    const twin = before.find((other) => other.startsWith(`${epoch}.`))
    if (twin) accuse('stored-twice', `${name} is stored at ${twin} and at ${id} of ${topic}`)
    before.push(id)
  }

  return {
    follow(engine) {
      leave()
      for (const log of logs.values()) log.head = ''
      leave = engine.join({
        self: 'ledger',
        topics: new Set(topics.map((topic) => `/${topic}`)),
        events: {
          message: (name, { pos, data }) => write(name.slice(1), pos, (JSON.parse(data) as { d: Payload }).d.name),
          suspect() {},
          presence() {},
          signal() {},
        },
      })
    },
    rankOf: (topic, id) => logs.get(topic)!.ranks.get(id),
    nameAt: (topic, rank) => logs.get(topic)!.names[rank],
    length: (topic) => logs.get(topic)!.names.length,
    storedAt: (name) => stored.get(name) ?? [],
    head: (topic) => logs.get(topic)!.head || undefined,
    fork: (id) => void forks.add(id),
    isFork: (id) => forks.has(id),
    stop: () => leave(),
  }
}
