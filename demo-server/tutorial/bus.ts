/** What every tutorial server here shares: who listens, and the last messages of each topic. */
export interface BusMessage {
  readonly id: number
  readonly topic: string
  readonly type: string
  readonly data: unknown
}

export interface Bus {
  publish(this: void, topic: string, type: string, data: unknown): BusMessage
  /** Kept messages after an id, oldest first; without a topic those of all topics. */
  since(this: void, lastId: number, topic?: string): BusMessage[]
  listen(this: void, listener: (message: BusMessage) => void): () => void
}

/** An in-memory bus with one row of ids. */
export function createBus(historyLength: number): Bus {
  const listeners = new Set<(message: BusMessage) => void>()
  const histories = new Map<string, BusMessage[]>()
  let nextId = 1
  return {
    publish(topic, type, data) {
      const message = { id: nextId++, topic, type, data }
      const history = histories.get(topic) ?? []
      histories.set(topic, history)
      history.push(message)
      if (history.length > historyLength) history.shift()
      for (const listener of [...listeners]) listener(message)
      return message
    },
    since(lastId, topic) {
      const kept = topic === undefined ? [...histories.values()].flat() : (histories.get(topic) ?? [])
      return kept.filter(({ id }) => id > lastId).toSorted((one, other) => one.id - other.id)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
