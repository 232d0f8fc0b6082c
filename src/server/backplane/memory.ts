import type { Backplane, BackplaneEvents, PresenceDiff } from './contract.ts'
import { MemoryPresence } from './memory-presence.ts'
import { MemoryTopic } from './memory-topic.ts'

export interface MemoryEngineOptions {
  /** Bytes of all messages kept; above it the topic that was idle longest loses its history. @defaultValue 67108864 */
  readonly maxBytes?: number
  /** Topics kept; above it the one that was idle longest is forgotten. @defaultValue 100000 */
  readonly maxTopics?: number
  /** How long those who were connected to an instance that is gone still count as there, in milliseconds. @defaultValue 15000 */
  readonly leaseMs?: number
}

/** What the memory backplanes of one process share. */
export interface MemoryEngine {
  /** Does something with a topic, which is made where there is none; keeps the bounds. */
  use<Result>(name: string, work: (topic: MemoryTopic) => Result): Result
  /** Adds an instance. Returns its leaving. */
  join(instance: MemoryInstance): () => void
  readonly presence: MemoryPresence
  /** Tells every instance that watches who is in a topic. */
  tellPresence(name: string, diff: PresenceDiff): void
  readonly instances: ReadonlySet<MemoryInstance>
}

interface MemoryInstance {
  readonly self: string
  readonly events: BackplaneEvents
  readonly topics: Set<string>
  /** Topics whose presence it watches. */
  readonly watched?: Set<string>
}

/** How often messages past their time are dropped from topics that nobody touches, in milliseconds. */
const SWEEP_MS = 30_000

export function createMemoryEngine({
  maxBytes = 67_108_864,
  maxTopics = 100_000,
  leaseMs = 15_000,
}: MemoryEngineOptions = {}): MemoryEngine {
  // In order of use, the one that was idle longest first.
  const topics = new Map<string, MemoryTopic>()
  const instances = new Set<MemoryInstance>()
  const presence = new MemoryPresence()
  const leases = new Set<NodeJS.Timeout>()
  let bytes = 0
  let timer: NodeJS.Timeout | undefined

  function counted<Result>(topic: MemoryTopic, work: (topic: MemoryTopic) => Result): Result {
    const before = topic.bytes
    const result = work(topic)
    bytes += topic.bytes - before
    return result
  }

  function sweep(): void {
    const now = Date.now()
    const isSubscribed = (name: string) => [...instances].some((instance) => instance.topics.has(name))
    for (const [name, topic] of topics) {
      counted(topic, () => topic.expire(now))
      if (topic.isForgettable(now) && !isSubscribed(name)) topics.delete(name)
    }
  }

  function trim(): void {
    for (const topic of topics.values()) {
      if (bytes <= maxBytes) break
      counted(topic, () => topic.clear())
    }
    for (const [name, topic] of topics) {
      if (topics.size <= maxTopics) break
      counted(topic, () => topic.clear())
      topics.delete(name)
    }
  }

  function tellPresence(name: string, diff: PresenceDiff): void {
    for (const { watched, events } of instances) if (watched?.has(name)) events.presence(name, diff)
  }

  /** Who was connected to an instance that is gone has so much time to come back to another. */
  function startLease(self: string): void {
    const lease = setTimeout(() => {
      leases.delete(lease)
      for (const [name, diff] of presence.abandon(self)) tellPresence(name, diff)
    }, leaseMs)
    leases.add(lease)
  }

  return {
    instances,
    presence,
    tellPresence,
    use(name, work) {
      const topic = topics.get(name) ?? new MemoryTopic()
      topics.delete(name)
      topics.set(name, topic)
      const result = counted(topic, work)
      trim()
      return result
    },
    join(instance) {
      instances.add(instance)
      timer ??= setInterval(sweep, SWEEP_MS)
      return () => {
        if (!instances.delete(instance)) return
        if (instances.size > 0) return startLease(instance.self)
        presence.clear()
        for (const lease of leases) clearTimeout(lease)
        leases.clear()
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/**
 * History in this process. Every topic starts a new epoch with the process, so a restart is announced to clients as
 * `reset: epoch`.
 * @param engine - given to several backplanes, it makes their servers instances of one fleet in one process
 */
export function memoryBackplane({ engine = createMemoryEngine() }: { engine?: MemoryEngine } = {}): Backplane {
  let instance: MemoryInstance | undefined
  let leave = () => {}

  const started = (): MemoryInstance => {
    if (!instance) throw new Error('the memory backplane is not started, or closed')
    return instance
  }

  const head = (name: string) => engine.use(name, (topic) => topic.head)

  /** Tells every instance that subscribed to a topic, which is the live feed. */
  function tell(name: string, say: (events: BackplaneEvents) => void): void {
    for (const { topics, events } of engine.instances) if (topics.has(name)) say(events)
  }

  return {
    traits: { shared: false, contiguous: true, durable: false },
    async start(self, events) {
      instance = { self, events, topics: new Set(), watched: new Set() }
      leave = engine.join(instance)
    },
    async publish(name, data, options) {
      started()
      const { stored, prev = null, ...result } = engine.use(name, (topic) => topic.publish(data, options))
      if (stored) tell(name, (events) => events.message(name, { pos: stored.pos, data }, prev))
      return result
    },
    async subscribe(names) {
      for (const name of names) started().topics.add(name)
      return new Map(names.map((name) => [name, head(name)]))
    },
    async unsubscribe(names) {
      for (const name of names) started().topics.delete(name)
    },
    async since(name, from, limit) {
      started()
      return engine.use(name, (topic) => topic.since(from, limit))
    },
    async heads(names) {
      started()
      return new Map(names.map((name) => [name, head(name)]))
    },
    presence: {
      async join(name, member) {
        const diff = engine.presence.join(name, member, started().self)
        if (diff) engine.tellPresence(name, diff)
      },
      async leave(name, sid) {
        const diff = engine.presence.leave(name, sid, started().self)
        if (diff) engine.tellPresence(name, diff)
      },
      async watch(names) {
        for (const name of names) started().watched?.add(name)
      },
      async unwatch(names) {
        for (const name of names) instance?.watched?.delete(name)
      },
      async list(name, limit) {
        started()
        return engine.presence.list(name, limit)
      },
    },
    async signal(to, body) {
      const { self } = started()
      for (const other of engine.instances) {
        if (other.self === to || (to === '*' && other.self !== self)) other.events.signal(self, body)
      }
    },
    health: async () => (instance ? { ok: true, latencyMs: 0 } : { ok: false, reason: 'not started, or closed' }),
    async close() {
      leave()
      instance = undefined
    },
  }
}
