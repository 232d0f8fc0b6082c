import { backoffMs } from '../lib/backoff.ts'
import type { Scope } from '../lib/scope.ts'
import type { Backplane } from './backplane/contract.ts'
import { Feed } from './feed.ts'
import type { FeedServices } from './joiner.ts'
import { topicOf } from './name.ts'
import type { TopicRules } from './options.ts'

export interface FeedsOptions extends FeedServices {
  readonly backplane: Backplane
  /** Resolves when the backplane is there. */
  readonly ready: Promise<void>
  readonly rulesOf: (topic: string) => TopicRules
  /** How long a feed outlives its last subscriber, in milliseconds. */
  readonly lingerMs: number
  /** How often heads are compared with a shared backplane's, in milliseconds. */
  readonly verifyMs: number
  readonly scope: Scope
}

/** The live feeds of this instance, by their topic's name in the backplane. */
export interface Feeds {
  /** The feed of a topic, started where there is none. It stops a while after its last user left. */
  get(name: string): Feed
  /** A feed that is running. */
  find(name: string): Feed | undefined
  suspect(names: 'all' | readonly string[]): void
  readonly size: number
}

/** Topics named in one `subscribe` of a backplane. */
const SUBSCRIBE_BATCH = 512

export function createFeeds(options: FeedsOptions): Feeds {
  const { backplane, ready, rulesOf, lingerMs, verifyMs, scope } = options
  const feeds = new Map<string, Feed>()
  /** Feeds without users, since when. */
  const idle = new Map<Feed, number>()
  let starting: Feed[] = []

  async function start(batch: readonly Feed[]): Promise<void> {
    for (let failures = 0; !scope.stopped;) {
      // A feed that stopped meanwhile must not be subscribed again.
      const wanted = batch.filter((feed) => feeds.get(feed.name) === feed)
      if (wanted.length === 0) return
      try {
        await ready
        const heads = await backplane.subscribe(wanted.map(({ name }) => name))
        for (const feed of wanted) {
          const head = heads.get(feed.name)
          if (head === undefined) throw new Error('the backplane subscribed without telling the head of each topic')
          feed.start(head)
        }
        return
      } catch (error) {
        options.failed(error)
        await options.pause(backoffMs(failures++, { minMs: 100, maxMs: 5_000 }, Math.random()))
      }
    }
  }

  function startGathered(): void {
    const gathered = starting
    starting = []
    for (let at = 0; at < gathered.length; at += SUBSCRIBE_BATCH) void start(gathered.slice(at, at + SUBSCRIBE_BATCH))
  }

  function stopIdle(): void {
    const now = performance.now()
    const stopped: string[] = []
    for (const feed of feeds.values()) {
      if (feed.users > 0) idle.delete(feed)
      else if (!idle.has(feed)) idle.set(feed, now)
      else if (now - idle.get(feed)! >= lingerMs) {
        feed.stop()
        feeds.delete(feed.name)
        idle.delete(feed)
        stopped.push(feed.name)
      }
    }
    if (stopped.length > 0) backplane.unsubscribe(stopped).catch((error: unknown) => options.failed(error))
  }

  /** A live feed that fell silent tells nobody that it lost something; the heads do. */
  async function verify(): Promise<void> {
    const names = [...feeds.keys()]
    for (let at = 0; at < names.length && !scope.stopped; at += SUBSCRIBE_BATCH) {
      const heads = await backplane.heads(names.slice(at, at + SUBSCRIBE_BATCH))
      for (const [name, head] of heads) {
        const feed = feeds.get(name)
        if (feed?.head !== undefined && feed.head !== head) feed.suspect()
      }
    }
  }

  function every(ms: number, work: () => void): void {
    scope.after(ms, () => {
      work()
      every(ms, work)
    })
  }

  every(Math.max(20, Math.min(1_000, lingerMs / 4)), stopIdle)
  if (backplane.traits.shared) every(verifyMs, () => void verify().catch((error: unknown) => options.failed(error)))
  scope.defer(() => {
    for (const feed of feeds.values()) feed.stop()
    feeds.clear()
    idle.clear()
  })

  return {
    get(name) {
      const running = feeds.get(name)
      if (running) return running
      const topic = topicOf(name)
      const feed = new Feed(name, topic, rulesOf(topic), options)
      feeds.set(name, feed)
      // One `subscribe` for all topics of one tick.
      if (starting.push(feed) === 1) queueMicrotask(startGathered)
      return feed
    },
    find: (name) => feeds.get(name),
    suspect(names) {
      for (const name of names === 'all' ? [...feeds.keys()] : names) feeds.get(name)?.suspect()
    },
    get size() {
      return feeds.size
    },
  }
}
