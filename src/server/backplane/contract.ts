import type { From, Position } from '../../protocol/position.ts'

/** One message as a backplane keeps it. */
export interface Stored {
  readonly pos: Position
  /** The message as the text of one JSON object without line breaks, made once at publish and never parsed on the way. */
  readonly data: string
}

/** What a backplane knows of the message before another one. */
export interface Previous {
  readonly offset: number
  /** Tells a message from the one that takes its place after a failover; absent where the backplane does not know it. */
  readonly tag?: string
}

/** The answer to "what came after this position": everything, in order, or a reason why that cannot be said. */
export type Since =
  /** `more`: the limit cut the list; ask again from the last position. */
  | { readonly status: 'ok' | 'more'; readonly messages: readonly Stored[]; readonly top: Position }
  | { readonly status: 'reset'; readonly why: 'epoch' | 'trimmed' | 'fork'; readonly top: Position }

export interface HistoryOptions {
  /** Most messages kept. */
  readonly size: number
  /** How long a message is kept, in milliseconds. */
  readonly ttlMs: number
}

export interface PublishOptions {
  /** Repeating a key stores nothing. Names the sender too, so that no client meets the keys of another. */
  readonly key?: {
    readonly id: string
    /** What the sender sent, in short, by which the same key with other data is told apart. */
    readonly digest: string
    /** How long a repeated key is recognised, in milliseconds. */
    readonly ttlMs: number
  }
  readonly history: HistoryOptions
}

export interface PublishResult {
  readonly pos: Position
  /** The key was known: nothing was stored, `pos` is the first one's. */
  readonly duplicate: boolean
  /** The key was known with other data: nothing was stored. */
  readonly conflict?: boolean
}

/** One session of a user in a topic. */
export interface PresenceMember {
  /** Names the session, whichever instance it is connected to. */
  readonly sid: string
  readonly user: string
  readonly info?: unknown
}

export interface PresenceDiff {
  /** Sessions that came, or whose user or info changed. */
  readonly join: readonly PresenceMember[]
  readonly leave: readonly PresenceMember[]
  /** Sessions in the topic after it. */
  readonly count: number
}

/** What a backplane tells its instance. */
export interface BackplaneEvents {
  /**
   * A message of a subscribed topic, in order within the topic.
   * @param prev - the topic's message before it, or `null` where the backplane cannot know. A loss or a fork that the
   * live feed hid is noticed by it with the next message; without the tag, a fork whose replacement was lost too is
   * noticed only when the heads are compared.
   */
  message(topic: string, message: Stored, prev: Previous | null): void
  /**
   * The live feed of these topics may have lost something: the feed reads the history from its head, and who is there is
   * listed again.
   */
  suspect(topics: 'all' | readonly string[]): void
  /** Who came to and left a topic that is watched, in order. */
  presence(topic: string, diff: PresenceDiff): void
  /** A word from another instance (revoke, kick, drain). */
  signal(from: string, body: string): void
}

/**
 * What the instances of a server share: bounded history, a live feed that may lose messages, and presence. Gaps, forks
 * and resyncs are the business of the server's feed, the same for every backplane.
 */
export interface Backplane {
  readonly traits: {
    /** Other instances see the same history. */
    readonly shared: boolean
    /** Offsets rise by exactly one, so a gap shows in the numbers. */
    readonly contiguous: boolean
    /** The history outlives the process. */
    readonly durable: boolean
  }
  /** Connects; `self` names the instance. */
  start(self: string, events: BackplaneEvents): Promise<void>
  publish(topic: string, data: string, options: PublishOptions): Promise<PublishResult>
  /**
   * Starts the live feed of topics; the heads are read after the feed is live. Calls of `subscribe` and `unsubscribe`
   * take effect in the order they were made.
   */
  subscribe(topics: readonly string[]): Promise<Map<string, Position>>
  unsubscribe(topics: readonly string[]): Promise<void>
  /** Everything after `from`, oldest first, at most `limit` messages; `"0"` is from the oldest kept. */
  since(topic: string, from: Exclude<From, null>, limit: number): Promise<Since>
  /** The positions of the newest messages, in one round trip. */
  heads(topics: readonly string[]): Promise<Map<string, Position>>
  /**
   * Who is there. Each session belongs to the instance that joined it last. An instance that is gone, closed or dead,
   * leaves its sessions behind for a lease (some seconds); then they leave by themselves.
   */
  readonly presence: {
    /** This instance has the session from now on. Told only where it is new or changed. */
    join(topic: string, member: PresenceMember): Promise<void>
    /** The session left; changes nothing where another instance has it by now. */
    leave(topic: string, sid: string): Promise<void>
    /** Starts to tell this instance who comes and goes; a `list` that is asked for after it resolved misses nobody. */
    watch(topics: readonly string[]): Promise<void>
    unwatch(topics: readonly string[]): Promise<void>
    /** Who is there, in the order in which they came; `count` is how many, also above `limit`. */
    list(topic: string, limit: number): Promise<{ members: readonly PresenceMember[]; count: number }>
  }
  /** Says something to one instance or, with `*`, to all others. */
  signal(to: string, body: string): Promise<void>
  health(): Promise<{ readonly ok: boolean; readonly latencyMs?: number; readonly reason?: string }>
  close(): Promise<void>
}
