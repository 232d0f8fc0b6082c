import { createView, type Flush, type Urgency, type View } from '../lib/flush.ts'
import { createShared, type Shared } from '../lib/shared.ts'
import type { EverwireError } from '../protocol/errors.ts'
import type { PresenceFrame, PresenceWish } from '../protocol/frame.ts'
import { EMPTY_LIST, type PresenceList, takePresence } from './presence-list.ts'
import { IDLE_PRESENCE, type PresenceSnapshot } from './presence-snapshot.ts'

/** The presence of one topic: what is wanted of it, what was said about that, and what is known. */
export interface Entry {
  readonly name: string
  snapshot: PresenceSnapshot
  readonly views: Map<Flush, View<PresenceSnapshot>>
  readonly joining: Shared
  readonly watching: Shared
  isJoined: boolean
  isWatched: boolean
  /** Of those who joined, in their order. */
  readonly infos: { readonly info: unknown }[]
  /** That of the last one, also while it lingers. */
  info: unknown
  /** What the carrying wire was told, as text; `''`: nothing, so what it says of the topic is not listened to. */
  said: string
  list: PresenceList
  self: string | undefined
  /** The carrying wire told where the list stands, so its differences fit. */
  synced: boolean
  isLive: boolean
  wasLive: boolean
  /** The server's refusal of what it was told. */
  error: EverwireError | undefined
  cancelRetry: () => void
}

/** What is said to want nothing. */
export const NOTHING: string = JSON.stringify({ on: false })
/** Nothing that is ever said: whatever is wanted differs from it. */
export const UNCLEAR = '{}'

export const isWanted = ({ isJoined, isWatched }: Entry): boolean => isJoined || isWatched

/** What is wanted, without what the client has. */
export const wishOf = ({ isJoined, isWatched, info }: Entry): PresenceWish => ({
  on: isJoined,
  ...(isJoined && info !== undefined && { info }),
  ...(isWatched && { watch: true }),
})

export const textOf = ({ on, info, watch }: PresenceWish): string => JSON.stringify({ on, info, watch })

/** @param wantedChanged - called when somebody joins or watches, or nobody does any more */
export function createEntry(name: string, lingerMs: number, wantedChanged: (entry: Entry) => void): Entry {
  const joining = createShared(() => {
    entry.isJoined = true
    wantedChanged(entry)
    return () => {
      entry.isJoined = false
      wantedChanged(entry)
    }
  }, lingerMs)
  const watching = createShared(() => {
    entry.isWatched = true
    entry.isLive = entry.wasLive = false
    wantedChanged(entry)
    return () => {
      entry.isWatched = false
      entry.synced = false
      // Who was there a while ago is nothing to begin with.
      entry.list = EMPTY_LIST
      wantedChanged(entry)
    }
  }, lingerMs)
  const entry: Entry = {
    name,
    snapshot: IDLE_PRESENCE,
    views: new Map(),
    joining,
    watching,
    isJoined: false,
    isWatched: false,
    infos: [],
    info: undefined,
    said: '',
    list: EMPTY_LIST,
    self: undefined,
    synced: false,
    isLive: false,
    wasLive: false,
    error: undefined,
    cancelRetry() {},
  }
  return entry
}

/** The entry as those see it who want to hear of it so often. */
export function viewOf(entry: Entry, flush: Flush): View<PresenceSnapshot> {
  const view = entry.views.get(flush) ?? createView(() => entry.snapshot, flush, entry.watching.acquire)
  entry.views.set(flush, view)
  return view
}

/**
 * Makes the snapshot what the entry says, and tells it where something changed.
 * @param failure - why there is no connection any more
 */
export function publish(entry: Entry, failure: EverwireError | undefined, urgency: Urgency): void {
  const { members, count } = entry.list
  const { isJoined, isLive, wasLive } = entry
  const error = failure ?? (entry.error?.retryable ? undefined : entry.error)
  const base = { members, count, self: isJoined ? entry.self : undefined }
  const waiting = wasLive ? 'stale' : 'connecting'
  const next: PresenceSnapshot = error
    ? { ...base, status: 'error', error }
    : { ...base, status: isLive ? 'live' : isWanted(entry) ? waiting : 'idle', error: null }
  const now = entry.snapshot as unknown as Readonly<Record<string, unknown>>
  if (Object.entries(next).every(([key, value]) => now[key] === value)) return
  const isCalm = next.status === entry.snapshot.status && next.error === entry.snapshot.error
  entry.snapshot = Object.freeze(next)
  for (const view of entry.views.values()) view.changed(isCalm ? urgency : 'now')
}

/** Takes what the server says of who is there. Returns whether that was listened to. */
export function takeFrame(entry: Entry, frame: PresenceFrame): boolean {
  if (frame.ok) {
    entry.error = undefined
    if (frame.you !== undefined) entry.self = frame.you
    const isWatching = (JSON.parse(entry.said) as PresenceWish).watch === true
    // The list follows. Without a version it answers a wish from before somebody watched.
    if (isWatching && (frame.i === undefined || frame.i !== entry.list.version)) return true
    if (isWatching) entry.list = { ...entry.list, count: frame.n }
  } else if (frame.all || entry.synced) entry.list = takePresence(entry.list, frame)
  else return false
  entry.synced = frame.i !== undefined
  entry.isLive = true
  entry.wasLive = true
  return true
}
