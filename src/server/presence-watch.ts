import { backoffMs } from '../lib/backoff.ts'
import type { Scope } from '../lib/scope.ts'
import { createShared, type Shared } from '../lib/shared.ts'
import type { Backplane, PresenceDiff } from './backplane/contract.ts'
import { encode, type Encoded } from './encoded.ts'
import { Roster } from './roster.ts'

/** How long a list outlives the last who watched it, in milliseconds: polls come back for it. */
const LINGER_MS = 30_000
/** Sessions of one topic that an instance keeps; of those above it only the number is told. */
const MAX_SESSIONS = 100_000

export interface WatchServices {
  readonly backplane: Backplane
  /** Resolves when the backplane is there. */
  readonly ready: Promise<void>
  readonly scope: Scope
  /** Users in a list that is told. */
  readonly limit: number
  /** Least time between two differences, in milliseconds. */
  readonly everyMs: number
  readonly pause: (ms: number) => Promise<void>
  readonly failed: (error: unknown) => void
}

/** Somebody who is told who is there. */
export interface Watcher {
  /** It cannot take anything now, and asks for the list when it can. */
  readonly isFull: boolean
  /** The version of the list that it has. */
  at: string | undefined
  /** It has been told where the list stands, and hears what changes. */
  synced: boolean
  /** The list stands so: `whole` is the frame with all of it, where that is not what it has. */
  stand(count: number, whole: Encoded | undefined): void
  changed(frame: Encoded): void
}

/** The list of one topic in this instance, kept while somebody watches it. */
export class Watch {
  readonly shared: Shared
  readonly #name: string
  readonly #topic: string
  readonly #services: WatchServices
  readonly #roster: Roster
  readonly #watchers = new Set<Watcher>()
  /** What came while the list was read; absent: the list is here. */
  #early: PresenceDiff[] | undefined = []
  #loaded = false
  #loading = false
  #again = false
  #toldAt = -Infinity
  #timer: (() => void) | undefined
  #whole: { readonly version: string; readonly frame: Encoded } | undefined

  constructor(name: string, topic: string, services: WatchServices, onStop: () => void) {
    this.#name = name
    this.#topic = topic
    this.#services = services
    this.#roster = new Roster(services.limit)
    this.shared = createShared(() => {
      void this.load()
      return () => {
        this.#timer?.()
        onStop()
      }
    }, LINGER_MS)
  }

  /** Returns its leaving. */
  add(watcher: Watcher): () => void {
    const release = this.shared.acquire()
    this.#watchers.add(watcher)
    this.sync(watcher)
    return () => {
      this.#watchers.delete(watcher)
      release()
    }
  }

  /** Tells a watcher where the list stands; what is about to be told comes before that. */
  sync(watcher: Watcher): void {
    if (!this.#loaded) return
    if (this.#roster.isDue) this.#schedule()
    else this.#stand(watcher)
  }

  apply(diff: PresenceDiff): void {
    if (this.#early) return void this.#early.push(diff)
    this.#roster.apply(diff)
    this.#schedule()
  }

  /** Reads who is there, for the first time or again. */
  async load(): Promise<void> {
    this.#again = true
    if (this.#loading) return
    this.#loading = true
    const { backplane, ready, scope, pause, failed } = this.#services
    for (let failures = 0; this.#again && !scope.stopped;) {
      this.#again = false
      this.#early = []
      try {
        await ready
        await backplane.presence.watch([this.#name])
        const { members, count } = await backplane.presence.list(this.#name, MAX_SESSIONS)
        this.#roster.reset(members, count)
        for (const diff of this.#early) this.#roster.apply(diff)
        failures = 0
      } catch (error) {
        if (scope.stopped) return
        failed(error)
        this.#again = true
        await pause(backoffMs(failures++, { minMs: 100, maxMs: 5_000 }, Math.random()))
      }
    }
    this.#early = undefined
    this.#loading = false
    this.#loaded = true
    this.#tell()
  }

  /** The first change is told at once, those that follow soon after it together. */
  #schedule(): void {
    if (this.#timer) return
    const wait = this.#toldAt + this.#services.everyMs - performance.now()
    this.#timer = this.#services.scope.after(wait, () => this.#tell())
  }

  #tell(): void {
    this.#timer?.()
    this.#timer = undefined
    const change = this.#roster.take()
    let frame: Encoded | undefined
    if (change) {
      this.#toldAt = performance.now()
      const { version, count } = this.#roster
      frame = encode({ t: 'p', c: this.#topic, i: version, ...change, n: count })
    }
    for (const watcher of this.#watchers) {
      if (!watcher.synced) this.#stand(watcher)
      else if (frame && watcher.isFull) {
        watcher.synced = false
        watcher.at = undefined
      } else if (frame) {
        watcher.at = this.#roster.version
        watcher.changed(frame)
      }
    }
  }

  #stand(watcher: Watcher): void {
    if (watcher.isFull) return
    const { version, count } = this.#roster
    const whole = watcher.at === version ? undefined : this.#wholeFrame()
    watcher.synced = true
    watcher.at = version
    watcher.stand(count, whole)
  }

  #wholeFrame(): Encoded {
    const { version, count, list } = this.#roster
    if (this.#whole?.version !== version) {
      const frame = encode({ t: 'p', c: this.#topic, all: 1, i: version, join: list, leave: [], n: count })
      this.#whole = { version, frame }
    }
    return this.#whole.frame
  }
}
