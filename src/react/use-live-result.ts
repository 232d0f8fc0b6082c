'use client'
import type { LiveSnapshot } from '../client/state-store.ts'
import type { Flush } from '../lib/flush.ts'
import { freezeList } from '../lib/freeze-list.ts'
import type { EverwireError } from '../protocol/errors.ts'
import { type Readable, useProjected } from './use-projected.ts'

/** Options of all hooks that give a live state. Inline functions are fine everywhere. */
export interface ReadOptions<State, Selected> {
  /** Renders only when what it returns changes. */
  readonly select?: (state: State) => Selected
  /** @defaultValue `Object.is` */
  readonly isEqual?: (a: Selected, b: Selected) => boolean
  /** @defaultValue 'frame' */
  readonly flush?: Flush
  /** Gives a final error to the nearest error boundary. @defaultValue false */
  readonly throwOnError?: boolean | ((error: EverwireError) => boolean)
}

/** What every live hook returns. */
export type LiveResult<State, Extra extends object = object> = LiveSnapshot<State> & {
  /** Tries at once, with back-off and failure forgotten. */
  readonly reconnect: () => void
} & Extra

/** The options of all these hooks, whatever the types: each hook's overloads tie them to its data. */
export type AnyReadOptions = Pick<ReadOptions<never, never>, 'isEqual' | 'flush' | 'throwOnError'> & {
  readonly select?: (state: never) => unknown
}

/**
 * Reads a live store: adds to each snapshot what the hook returns beside it (`extra`, constant per store) and gives
 * final errors to the error boundary where asked to.
 */
export function useLiveResult<Extra extends { readonly reconnect: () => void }>(
  readable: Readable<LiveSnapshot<never>> & { readonly extra: Extra },
  { select, isEqual = Object.is, throwOnError = false }: AnyReadOptions,
): LiveSnapshot<unknown> & Extra {
  const { extra } = readable
  const result = useProjected(
    readable,
    (snapshot): LiveSnapshot<unknown> & Extra => {
      const data = freezeList(snapshot.data)
      return Object.freeze({ ...snapshot, data: select ? freezeList(select(data)) : data, ...extra })
    },
    (a, b) =>
      a.status === b.status &&
      a.error === b.error &&
      a.reconnect === b.reconnect &&
      isEqual(a.data as never, b.data as never),
  )
  const { error } = result
  if (error && (typeof throwOnError === 'function' ? throwOnError(error) : throwOnError)) throw error
  return result
}
