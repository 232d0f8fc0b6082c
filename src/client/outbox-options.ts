import type { EverwireError } from '../protocol/errors.ts'
import type { SendResult } from './realtime-client.ts'

/** What happens to a send while the connection is known to be away: it waits, its promise rejects, or it is dropped. */
export type WhenOffline = 'queue' | 'reject' | 'drop'

/** The sends that wait for their ack. */
export interface ClientOutboxOptions {
  /** How many wait at most. @defaultValue 1000 */
  readonly limit?: number | undefined
  /** How many bytes of data wait at most. @defaultValue 4194304 */
  readonly maxBytes?: number | undefined
  /**
   * What a full outbox does: refuse the new send, or give up the oldest one, of those that were never written if there
   * is one. Whichever it is rejects with `overflow`. @defaultValue 'reject'
   */
  readonly whenFull?: 'reject' | 'drop-oldest' | undefined
  /**
   * `reject` rejects with `offline`; `drop` resolves with `dropped: true`, for what is worth nothing later. A send that
   * was taken before the connection went away waits in any case. @defaultValue 'queue'
   */
  readonly whenOffline?: WhenOffline | undefined
  /**
   * Keeps sends over a reload, under the same idempotency keys: nothing goes out that was not written down before. The
   * next client of the same name sends what is left, before anything new, when it is used first; several tabs do not
   * take each other's. `true` keeps them in IndexedDB by the URL of the server; a text is a name beside it, such as the
   * user's id, so that no user sends what another one left. Where there is no IndexedDB, pass a store of your own.
   * @defaultValue false
   */
  readonly persist?: boolean | string | OutboxStore | undefined
  /** Hears how each send ended whose promise was gone with the page that made it. */
  readonly onRestored?: ((send: StoredSend, outcome: SendResult | EverwireError) => void) | undefined
}

/** A send as it is kept over a reload. A plain value that can be cloned as far as its data can. */
export interface StoredSend {
  /** Its idempotency key. */
  readonly key: string
  readonly topic: string
  readonly type: string
  readonly data: unknown
  /** Rises with each send of a client. */
  readonly order: number
  /** When it is given up, in milliseconds since 1970. */
  readonly until: number
  /** When it was first written to a wire, in milliseconds since 1970; `0`: never. */
  readonly writtenAt: number
}

/** Keeps sends over a reload. Calls take effect in the order they are made. */
export interface OutboxStore {
  /** What clients that are gone have left, in their order; it belongs to this client from now on. */
  load(): Promise<readonly StoredSend[]>
  /** Adds or replaces sends by their keys. */
  put(sends: readonly StoredSend[]): Promise<void>
  remove(key: string): Promise<void>
}
