import { backoffMs } from '../lib/backoff.ts'
import type { ResetReason } from '../protocol/frame.ts'
import { formatPosition, type From, parsePosition, type Position, type PositionParts } from '../protocol/position.ts'
import type { Previous, Stored } from './backplane/contract.ts'
import { encodeEntry, type Entry } from './encoded.ts'
import { firstPart, fits, newest } from './history.ts'
import type { FeedServices, Joiner, Open, Request, Restart, Verdict } from './joiner.ts'
import type { TopicRules } from './options.ts'
import { Stretch } from './stretch.ts'

/** Messages kept encoded for resumes. */
const RING = 256
/** Live messages kept while the history is read; above it they are read again. */
const MAX_HELD = 1_000

/**
 * One topic's live feed in this instance. The backplane may lose, repeat or fork what it delivers: the feed notices by
 * offsets and tags, reads the history, and gives its subscribers every message once and in order, or a reset.
 *
 * A subscriber joins by a replay that ends at the head and is attached in the same tick, so nothing falls between.
 */
export class Feed {
  readonly name: string
  readonly topic: string
  readonly rules: TopicRules
  readonly #services: FeedServices
  readonly #live = new Set<Joiner>()
  readonly #asking = new Map<Joiner, Request>()
  /** Absent until the backplane's feed is live. */
  #head: PositionParts | undefined
  #ring = new Stretch(undefined)
  #suspect = false
  #held: { message: Stored; prev: Previous | null }[] | undefined
  #heldTooMany = false
  #working = false
  #stopped = false

  constructor(name: string, topic: string, rules: TopicRules, services: FeedServices) {
    this.name = name
    this.topic = topic
    this.rules = rules
    this.#services = services
  }

  get users(): number {
    return this.#live.size + this.#asking.size
  }

  get head(): Position | undefined {
    return this.#head && formatPosition(this.#head)
  }

  /** The backplane's feed of the topic is live, and this was its head after that. */
  start(head: Position): void {
    this.#restartAt(head)
    void this.#work()
  }

  stop(): void {
    this.#stopped = true
    this.#live.clear()
    this.#asking.clear()
  }

  /** Asks for everything after `from`, and for what follows. An earlier request of the same subscriber is replaced. */
  join(joiner: Joiner, from: From, inParts: boolean): void {
    this.#live.delete(joiner)
    this.#asking.set(joiner, { from, inParts, verified: false })
    void this.#work()
  }

  leave(joiner: Joiner): void {
    this.#live.delete(joiner)
    this.#asking.delete(joiner)
  }

  /** The live feed may have lost something. */
  suspect(): void {
    this.#suspect = true
    void this.#work()
  }

  /** A message from the backplane's live feed. */
  take(message: Stored, prev: Previous | null): void {
    if (this.#held) {
      if (this.#held.length < MAX_HELD) this.#held.push({ message, prev })
      else this.#heldTooMany = true
      return
    }
    // Before the start and while in doubt, what comes is in the history that will be read.
    if (!this.#head || this.#suspect) return
    const entry = encodeEntry(this.topic, message)
    if (!entry) return this.#services.invalid(this.name)
    const { epoch, offset, tag } = this.#head
    if (entry.epoch !== epoch) return this.suspect()
    if (entry.offset <= offset) {
      // The same message again is harmless; another one in its place is a fork.
      const known = entry.offset === offset ? tag : this.#ring.tagAt(entry.offset)
      if (known !== undefined && known !== entry.tag) this.suspect()
      return
    }
    const follows = prev ? prev.offset === offset && (prev.tag ?? tag) === tag : entry.offset === offset + 1
    if (!follows) return this.suspect()
    this.#deliver(entry)
  }

  #deliver(entry: Entry): void {
    this.#head = entry
    this.#ring.push(entry, RING)
    for (const joiner of this.#live) joiner.message(entry)
  }

  #restartAt(head: Position): void {
    this.#head = parsePosition(head)
    this.#ring = new Stretch(this.#head)
  }

  /** Settles what is asked, one read of the history at a time, until nothing is open. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let failures = 0; !this.#stopped && this.#head;) {
      const open = this.#suspect ? [] : this.#settleAll()
      if (!this.#suspect && open.length === 0) break
      try {
        if (this.#suspect || open.some(({ verdict }) => verdict === 'verify')) await this.#resync()
        else await this.#readFor(open)
        failures = 0
      } catch (error) {
        this.#suspect = true
        this.#services.failed(error)
        await this.#services.pause(backoffMs(failures++, { minMs: 100, maxMs: 5_000 }, Math.random()))
      }
    }
    this.#working = false
  }

  /** Settles every request that needs no read; returns the others. */
  #settleAll(): Open[] {
    const open: Open[] = []
    for (const [joiner, request] of [...this.#asking]) {
      if (request.snapshotting) continue
      const verdict = this.#judge(request)
      if (verdict === 'verify' || verdict === 'history') open.push({ joiner, request, verdict })
      else this.#settle(joiner, request, verdict)
    }
    return open
  }

  /** What this instance knows about a request without asking the history. */
  #judge({ from, verified }: Request): Verdict {
    const head = this.#head!
    if (from === null) return []
    const latest = this.rules.kind === 'latest'
    if (from === '0' || (latest && from !== this.head)) {
      if (head.offset === 0) return []
      return latest && this.#ring.entries.length > 0 ? this.#ring.entries.slice(-1) : 'history'
    }
    const parts = parsePosition(from)!
    if (parts.epoch !== head.epoch) return verified ? { why: 'epoch' } : 'verify'
    if (parts.offset > head.offset) return verified ? { why: 'fork' } : 'verify'
    const after = parts.offset === head.offset ? (parts.tag === head.tag ? [] : 'fork') : this.#ring.after(parts)
    if (after === 'fork') return verified ? { why: 'fork' } : 'verify'
    return after ?? 'history'
  }

  #settle(joiner: Joiner, request: Request, verdict: readonly Entry[] | { readonly why: ResetReason }): void {
    if (this.#asking.get(joiner) !== request) return
    const { limits } = this.#services.history
    if ('why' in verdict) return this.#restart([joiner], verdict.why)
    if (fits(verdict, limits)) return this.#attach(joiner, request.restart, verdict)
    // From the oldest kept means from the oldest that one replay holds.
    if (request.from === '0') return this.#attach(joiner, request.restart, newest(verdict, limits))
    this.#settleCut(joiner, request, verdict)
  }

  #attach(joiner: Joiner, restart: Restart | undefined, missed: readonly Entry[]): void {
    this.#asking.delete(joiner)
    if (joiner.joined({ restart, missed, head: this.head! })) this.#live.add(joiner)
  }

  /** Lets subscribers start anew at the head, after a snapshot of it where there is one. */
  #restart(joiners: readonly Joiner[], why: ResetReason): void {
    const at = this.head!
    const snapshot = this.#services.snapshot(this, at)
    for (const joiner of joiners) {
      this.#live.delete(joiner)
      if (snapshot) this.#asking.set(joiner, { from: at, inParts: false, verified: false, snapshotting: snapshot })
      else this.#attach(joiner, { why, at }, [])
    }
    void snapshot?.then((snap) => {
      for (const [joiner, request] of this.#asking) {
        if (request.snapshotting !== snapshot) continue
        // What came since the position was taken follows as a replay.
        const restart = { why, at, ...(snap && { snap }) }
        this.#asking.set(joiner, { from: at, inParts: false, verified: false, restart })
      }
      void this.#work()
    })
  }

  /** Reads what the live feed may have lost, and delivers it. What comes meanwhile is held, and follows. */
  async #resync(): Promise<void> {
    const verified = [...this.#asking.values()]
    this.#suspect = false
    this.#heldTooMany = false
    this.#held = []
    try {
      for (let more = true; more && !this.#stopped;) {
        const since = await this.#services.history.page(this.name, this.head!)
        if (since.status === 'reset') {
          this.#restartAt(since.top)
          this.#restart([...this.#live], since.why)
        } else for (const message of since.messages) this.#deliverStored(message)
        more = since.status === 'more'
      }
    } finally {
      const held = this.#held
      this.#held = undefined
      if (this.#heldTooMany) this.#suspect = true
      for (const { message, prev } of held) this.take(message, prev)
    }
    for (const request of verified) request.verified = true
  }

  #deliverStored(message: Stored): void {
    const entry = encodeEntry(this.topic, message)
    if (entry) this.#deliver(entry)
    else this.#services.invalid(this.name)
  }

  /** One read for the oldest position that is asked for, which mostly settles the younger ones too. */
  async #readFor(open: readonly Open[]): Promise<void> {
    const from = oldest(open.map(({ request }) => this.#startOf(request)))
    const read = await this.#services.history.read(this.name, this.topic, from)
    const head = this.#head!
    const top = parsePosition(read.top)
    // The history is ahead of this feed, or another one than it followed: first the feed catches up.
    const isFork = top?.offset === head.offset && top.tag !== head.tag
    if (isFork || top?.epoch !== head.epoch || top.offset > head.offset) return this.suspect()
    if ('why' in read || read.cut) {
      for (const { joiner, request } of open) {
        if (this.#startOf(request) !== from) continue
        if ('why' in read) this.#settle(joiner, request, read)
        else this.#settleCut(joiner, request, read.stretch.entries)
      }
      return
    }
    this.#ring.extendBack(read.stretch, RING)
    const tail = top.offset === head.offset ? [] : this.#ring.after(top)
    if (!tail || tail === 'fork') throw new Error(`the history of a topic ends before what its live feed delivered`)
    for (const { joiner, request } of open) {
      const missed = this.#missedBy(request, from, read.stretch)
      if (missed) this.#settle(joiner, request, [...missed, ...tail])
    }
  }

  /** It missed more than one replay holds. */
  #settleCut(joiner: Joiner, request: Request, entries: readonly Entry[]): void {
    if (this.#asking.get(joiner) !== request) return
    if (!request.inParts) return this.#restart([joiner], 'limit')
    this.#asking.delete(joiner)
    joiner.part(firstPart(entries, this.#services.history.limits))
  }

  /** Of a topic whose newest message is all that counts, any start asks for the newest. */
  #startOf({ from }: Request): From {
    return this.rules.kind === 'latest' ? '0' : from
  }

  #missedBy(request: Request, readFrom: From, stretch: Stretch): readonly Entry[] | undefined {
    if (this.rules.kind === 'latest') return stretch.entries.slice(-1)
    if (request.from === readFrom) return stretch.entries
    const parts = parsePosition(request.from ?? '')
    const after = parts && parts.epoch === this.#head?.epoch ? stretch.after(parts) : undefined
    return after === 'fork' ? undefined : after
  }
}

/** `"0"` before all positions, lower offsets before higher ones. */
function oldest(froms: readonly From[]): Exclude<From, null> {
  const offset = (from: From) => (from === null || from === '0' ? -1 : (parsePosition(from)?.offset ?? -1))
  return froms.reduce((least, from) => (offset(from) < offset(least) ? from : least)) ?? '0'
}
