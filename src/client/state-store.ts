import { createView, type Flush, type Urgency, type View } from '../lib/flush.ts'
import { createShared } from '../lib/shared.ts'
import type { EverwireError } from '../protocol/errors.ts'

/**
 * - `idle`: nobody asked for it yet (also on a server)
 * - `connecting`: on the way, never live so far
 * - `live`: every message up to now is in `data`
 * - `stale`: was live; `data` is what was last known
 * - `ended`: the other side ended it in peace
 * - `error`: ended for good, `error` says why
 */
export type LiveStatus = 'idle' | 'connecting' | 'live' | 'stale' | 'ended' | 'error'

/** A reduced state at one moment; replaced, never changed. */
export type LiveSnapshot<State> = {
  readonly data: State
  /** When `data` last changed, in milliseconds since 1970; `0` before the first message. */
  readonly updatedAt: number
} & (
  | { readonly status: Exclude<LiveStatus, 'error'>; readonly error: null }
  | { readonly status: 'error'; readonly error: EverwireError }
)

/** What feeds a store. */
export interface StateSink<State> {
  /** Replaces the state. What `next` throws is thrown, and changes nothing. */
  update(this: void, next: (state: State) => State, urgency?: Urgency): void
  /** `connecting` becomes `stale` where there was life before. */
  setStatus(this: void, status: Exclude<LiveStatus, 'error'> | EverwireError): void
}

/** A state that is reduced once per message, whoever looks at it, and that runs while somebody does. */
export interface StateStore<State> {
  view(flush: Flush): View<LiveSnapshot<State>>
  /** Keeps it running until released, and for the linger after that. Returns an idempotent release. */
  acquire(): () => void
  /** Whether nobody has wanted it for so long that its state is to be forgotten. */
  expired(): boolean
}

export interface StateStoreOptions<State> {
  readonly initial: State
  /** `initial` is what a server rendered: it is known to have been right once. @defaultValue false */
  readonly rendered?: boolean
  /** Starts what feeds the store; returns what stops it. */
  readonly start: (sink: StateSink<State>) => () => void
  /** How long it runs after its last user left, in milliseconds. */
  readonly lingerMs: number
  /** How long its state is kept after that, in milliseconds. */
  readonly gcMs: number
}

export function createStateStore<State>({
  initial,
  rendered = false,
  start,
  lingerMs,
  gcMs,
}: StateStoreOptions<State>): StateStore<State> {
  let snapshot = initialSnapshot(initial)
  let wasLive = rendered
  let keptUntil = Infinity
  const views = new Map<Flush, View<LiveSnapshot<State>>>()

  function change(next: LiveSnapshot<State>, urgency: Urgency): void {
    snapshot = Object.freeze(next)
    for (const view of views.values()) view.changed(urgency)
  }

  const sink: StateSink<State> = {
    update(next, urgency = 'soon') {
      const data = next(snapshot.data)
      if (!Object.is(data, snapshot.data)) change({ ...snapshot, data, updatedAt: Date.now() }, urgency)
    },
    setStatus(next) {
      const { data, updatedAt } = snapshot
      if (typeof next !== 'string') return change({ data, updatedAt, status: 'error', error: next }, 'now')
      if (next === 'live') wasLive = true
      const status = wasLive && (next === 'connecting' || next === 'idle') ? 'stale' : next
      // Said at once and together with the data before it, so that nobody sees an end without the last messages.
      if (status !== snapshot.status) change({ data, updatedAt, status, error: null }, 'now')
    },
  }

  const running = createShared(() => {
    keptUntil = Infinity
    const stop = start(sink)
    return () => {
      stop()
      keptUntil = Date.now() + gcMs
      sink.setStatus('idle')
    }
  }, lingerMs)

  return {
    view(flush) {
      const view = views.get(flush) ?? createView(() => snapshot, flush, running.acquire)
      views.set(flush, view)
      return view
    },
    acquire: running.acquire,
    expired: () => keptUntil <= Date.now(),
  }
}

/** The snapshot before anything happened; also what a server renders. */
export const initialSnapshot = <State>(data: State): LiveSnapshot<State> =>
  Object.freeze({ data, updatedAt: 0, status: 'idle', error: null })

/** Stores by key. Looking for one adds nothing: that happens when somebody subscribes. */
export type StateStores = Map<string, StateStore<unknown>>

/** The store of a key, as one of its users sees it. */
export interface StateHandle<State, Store = StateStore<State>> {
  /** The running store, or one that is not started yet. */
  find(this: void): Store
  getSnapshot(this: void): LiveSnapshot<State>
  subscribe(this: void, listener: () => void): () => void
  acquire(this: void): () => void
}

/** @param create - called where there is no store of that key, or only an expired one; starts nothing */
export function shareStore<State, Store extends StateStore<State> = StateStore<State>>(
  stores: StateStores,
  key: string,
  flush: Flush,
  create: () => Store,
): StateHandle<State, Store> {
  // The key names the type of the state.
  const shared = stores as Map<string, Store>
  let own: Store | undefined
  function find(): Store {
    const store = shared.get(key)
    if (store && !store.expired()) return store
    if (!own || own.expired()) own = create()
    return own
  }
  function claim(): Store {
    const store = find()
    for (const [other, known] of shared) if (known.expired()) shared.delete(other)
    shared.set(key, store)
    return store
  }
  return {
    find,
    getSnapshot: () => find().view(flush).getSnapshot(),
    subscribe: (listener) => claim().view(flush).subscribe(listener),
    acquire: () => claim().acquire(),
  }
}
