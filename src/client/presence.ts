import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { ClientPresenceFrame, ErrFrame, OpenObject, PresenceFrame, PresenceWish } from '../protocol/frame.ts'
import { assertTopic } from '../protocol/limits.ts'
import {
  createEntry,
  type Entry,
  isWanted,
  NOTHING,
  publish,
  takeFrame,
  textOf,
  UNCLEAR,
  viewOf,
  wishOf,
} from './presence-entry.ts'
import { IDLE_PRESENCE, type PresenceOptions, type TopicPresence } from './presence-snapshot.ts'

/** Topic → what a wire was told of its presence. */
export type Wishes = NonNullable<OpenObject['pres']>

export interface PresencesOptions {
  readonly scope: Scope
  readonly lingerMs: number
  /** What is wanted changed. `isInfo`: nothing but what the client says of itself. */
  readonly onChange: (isInfo: boolean) => void
  /** Throws where nothing can be opened. */
  readonly assertUsable: () => void
  readonly onError: (error: EverwireError) => void
}

export interface Presences {
  /** Topics whose presence is wanted. */
  readonly size: number
  /** Whether the wire that carries was told something else than what is wanted. */
  readonly changed: boolean
  topic(name: string, options?: PresenceOptions): TopicPresence
  /** What to say in an open object; absent where there is nothing to say. */
  wishes(): Wishes | undefined
  /** What the carrying wire must be told; telling it is the caller's promise. */
  takeChanges(): ClientPresenceFrame[]
  /** A wire that was told these wishes carries from now on; `undefined`: none does. */
  setCarrier(told: Wishes | undefined): void
  /** The wire that carries asked again, and was told these. */
  setAsked(told: Wishes): void
  receive(frame: PresenceFrame | ErrFrame): void
  /** The connection failed for good, or is no longer in that state. */
  setFailure(error: EverwireError | undefined): void
}

/** Whose presence a client watches, and where it is seen itself. Every wire is told all of it: no server keeps it. */
export function createPresences({ scope, lingerMs, onChange, assertUsable, onError }: PresencesOptions): Presences {
  const entries = new Map<string, Entry>()
  let carries = false
  let failure: EverwireError | undefined

  /** What is to be said differs from what was. A refusal stands until something else is wanted. */
  const isDue = (entry: Entry) => !entry.error && textOf(wishOf(entry)) !== (entry.said || NOTHING)

  scope.defer(() => {
    for (const { joining, watching } of entries.values()) {
      joining.stop()
      watching.stop()
    }
  })

  /** Somebody joined or watches, or nobody does any more. */
  function wantedChanged(entry: Entry): void {
    if (scope.stopped) return
    entry.cancelRetry()
    // After a refusal for good the server has nothing of it; after another one it may have what it had.
    if (entry.error) entry.said = entry.error.retryable ? UNCLEAR : ''
    entry.error = undefined
    forget(entry)
    publish(entry, failure, 'soon')
    onChange(false)
  }

  /** Gives up an entry that nobody wants and of which no wire has to be told any more. */
  function forget(entry: Entry): void {
    if (!isWanted(entry) && (!carries || entry.said === '' || entry.said === NOTHING)) entries.delete(entry.name)
  }

  /** An entry may have been given up since a user of it last looked. */
  function open(name: string): Entry {
    const entry = entries.get(name) ?? createEntry(name, lingerMs, wantedChanged)
    entries.set(name, entry)
    return entry
  }

  function join(name: string, info: unknown): () => void {
    assertUsable()
    // Throws for what is no JSON, where the mistake is.
    const text = JSON.stringify(info)
    const entry = open(name)
    const seat = { info }
    entry.infos.push(seat)
    const isNews = entry.isJoined && text !== JSON.stringify(entry.info)
    entry.info = info
    const release = entry.joining.acquire()
    if (isNews) infoChanged(entry)
    return () => {
      const index = entry.infos.indexOf(seat)
      if (index < 0) return
      entry.infos.splice(index, 1)
      const last = entry.infos.at(-1)
      if (last && last.info !== entry.info) {
        entry.info = last.info
        infoChanged(entry)
      }
      release()
    }
  }

  function infoChanged(entry: Entry): void {
    if (entry.error) return wantedChanged(entry)
    onChange(true)
  }

  function toldOf(entry: Entry, told: Wishes): string {
    const wish = Object.hasOwn(told, entry.name) ? told[entry.name] : undefined
    return wish ? textOf(wish) : ''
  }

  function takeErr(entry: Entry, { code, msg, retry }: ErrFrame): void {
    const isFinal = retry === undefined
    entry.error = new EverwireError('refused', msg, { status: code, retryable: !isFinal })
    if (isFinal) {
      entry.isLive = false
      entry.synced = false
      publish(entry, failure, 'now')
      return onError(entry.error)
    }
    entry.cancelRetry()
    entry.cancelRetry = scope.after(retry, () => {
      entry.error = undefined
      entry.said = UNCLEAR
      onChange(false)
    })
  }

  return {
    get size() {
      return [...entries.values()].filter(isWanted).length
    },
    get changed() {
      return [...entries.values()].some(isDue)
    },
    topic(name, { flush = 'sync' } = {}) {
      assertTopic(name)
      return {
        join: (info) => join(name, info),
        subscribe(listener) {
          assertUsable()
          return viewOf(open(name), flush).subscribe(listener)
        },
        getSnapshot() {
          const entry = entries.get(name)
          return entry ? (entry.views.get(flush)?.getSnapshot() ?? entry.snapshot) : IDLE_PRESENCE
        },
      }
    },
    wishes() {
      const wishes = [...entries.values()].flatMap((entry): [string, PresenceWish][] => {
        // What was refused is not asked again and again by a poll.
        if (entry.error || (!isWanted(entry) && entry.said === '')) return []
        const { version } = entry.list
        return [[entry.name, { ...wishOf(entry), ...(entry.isWatched && version !== undefined && { at: version }) }]]
      })
      return wishes.length > 0 ? Object.fromEntries(wishes) : undefined
    },
    takeChanges() {
      const due = [...entries.values()].filter(isDue)
      return due.map((entry): ClientPresenceFrame => {
        const wish = wishOf(entry)
        const { version } = entry.list
        entry.said = textOf(wish)
        if (!isWanted(entry)) entries.delete(entry.name)
        const at = entry.isWatched && !entry.synced && version !== undefined ? { at: version } : {}
        return { t: 'pres', c: entry.name, ...wish, ...at }
      })
    },
    setCarrier(told) {
      carries = told !== undefined
      for (const entry of entries.values()) {
        entry.said = told ? toldOf(entry, told) : ''
        entry.synced = false
        forget(entry)
        if (told) continue
        // Whoever answers next may allow more.
        entry.cancelRetry()
        entry.error = undefined
        entry.isLive = false
        publish(entry, failure, 'now')
      }
    },
    setAsked(told) {
      for (const entry of entries.values()) {
        if (!entry.error) entry.said = toldOf(entry, told)
        forget(entry)
      }
    },
    receive(frame) {
      const entry = entries.get(frame.c ?? '')
      if (!entry || entry.said === '') return
      if (frame.t === 'err') takeErr(entry, frame)
      else if (takeFrame(entry, frame)) publish(entry, failure, 'soon')
    },
    setFailure(error) {
      if (failure === error) return
      failure = error
      for (const entry of entries.values()) publish(entry, failure, 'now')
    },
  }
}
