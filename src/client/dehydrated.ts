import type { Position } from '../protocol/position.ts'
import type { RealtimeClient } from './realtime-client.ts'

/** A live state with the message that it ends at. */
export interface DehydratedState {
  readonly data: unknown
  /** The position of the last message in it; `''` before the first. */
  readonly id: Position
}

/**
 * What a client knows, as one value that JSON can carry as far as the states can: a page rendered on a server takes it
 * to the browser, which goes on without a gap.
 */
export interface Dehydrated {
  /** Topic → where it stands. */
  readonly cursor: Readonly<Record<string, Position>>
  /** Key of a live definition → its state. @defaultValue none */
  readonly states?: Readonly<Record<string, DehydratedState>>
}

interface Registry {
  /** What came with `hydrate`. */
  readonly hydrated: Map<string, DehydratedState>
  readonly running: Map<string, StateOffer>
}

/** A state that is kept here. */
export interface StateOffer {
  /** `undefined` while it is not complete yet. */
  read(this: void): DehydratedState | undefined
  /** Whether nobody has wanted it for so long that it is forgotten. */
  expired(this: void): boolean
}

const registries = new WeakMap<RealtimeClient, Registry>()

function registryOf(client: RealtimeClient): Registry {
  const registry = registries.get(client) ?? { hydrated: new Map(), running: new Map() }
  registries.set(client, registry)
  return registry
}

/** Makes a state part of what `dehydrate` gives, until it is forgotten or another one takes its key. */
export function offerState(client: RealtimeClient, key: string, offer: StateOffer): void {
  const { running } = registryOf(client)
  for (const [other, known] of running) if (known.expired()) running.delete(other)
  running.set(key, offer)
}

/** The state of a key as it was when the page was rendered. */
export function renderedState(client: RealtimeClient, key: string): DehydratedState | undefined {
  const { hydrated, running } = registryOf(client)
  return hydrated.get(key) ?? (isServer() ? running.get(key)?.read() : undefined)
}

/** Whether the state of a key came with `hydrate`. */
export const isHydrated = (client: RealtimeClient, key: string): boolean => registryOf(client).hydrated.has(key)

export const isServer = (): boolean => (globalThis as { document?: unknown }).document === undefined

export const statesOf = (client: RealtimeClient): Record<string, DehydratedState> =>
  Object.fromEntries(
    [...registryOf(client).running].flatMap(([key, { read, expired }]) => {
      const state = expired() ? undefined : read()
      return state ? [[key, state]] : []
    }),
  )

export function keepStates(client: RealtimeClient, states: Dehydrated['states'] = {}): void {
  for (const [key, state] of Object.entries(states)) registryOf(client).hydrated.set(key, state)
}
