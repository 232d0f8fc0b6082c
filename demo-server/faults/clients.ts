import { type Faults, isUnbroken, NO_FAULTS } from './switches.ts'

/** An open connection of a client: it is told when the switches change, so that faults act in mid-life too. */
export interface FaultyConnection {
  faultsChanged(): void
  cut(): void
}

/** One client, its switches and its open connections. */
export interface FaultClient {
  readonly faults: Faults
  /** Registers a connection until the returned function is called. */
  track(connection: FaultyConnection): () => void
  /** How many poll answers it got, so that a lossy path can lose every third. */
  countPoll(): number
}

/** The clients that have faults or connections; the least recently used are forgotten above `limit`. */
export interface FaultClients {
  client(id: string): FaultClient
  read(id: string): Faults
  change(id: string, switches: Partial<Faults>): Faults
  /** Cuts all connections of all clients. */
  cutAll(): void
  readonly size: number
}

interface Entry extends FaultClient {
  faults: Faults
  readonly connections: Set<FaultyConnection>
}

export function createFaultClients(limit = 10_000): FaultClients {
  // A Map keeps the order of insertion, so the first key is the least recently used.
  const entries = new Map<string, Entry>()

  const createEntry = (id: string): Entry => {
    let polls = 0
    const entry: Entry = {
      faults: NO_FAULTS,
      connections: new Set(),
      track(connection) {
        entry.connections.add(connection)
        return () => {
          entry.connections.delete(connection)
          forgetIfIdle(id, entry)
        }
      },
      countPoll: () => ++polls,
    }
    return entry
  }

  const forgetIfIdle = (id: string, entry: Entry) => {
    if (entry.connections.size === 0 && isUnbroken(entry.faults) && entries.get(id) === entry) entries.delete(id)
  }

  const cut = (entry: Entry) => {
    for (const connection of [...entry.connections]) connection.cut()
  }

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id) ?? createEntry(id)
    entries.delete(id)
    entries.set(id, entry)
    if (entries.size > limit) {
      const [oldest, forgotten] = entries.entries().next().value!
      entries.delete(oldest)
      // A connection whose switches nobody can reach any more must not live on with a fault.
      cut(forgotten)
    }
    return entry
  }

  return {
    client: entryOf,
    read: (id) => entries.get(id)?.faults ?? NO_FAULTS,
    change(id, switches) {
      const entry = entryOf(id)
      entry.faults = { ...entry.faults, ...switches }
      for (const connection of [...entry.connections]) connection.faultsChanged()
      forgetIfIdle(id, entry)
      return entry.faults
    },
    cutAll: () => entries.forEach(cut),
    get size() {
      return entries.size
    },
  }
}
