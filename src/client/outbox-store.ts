import { createStore, del, delMany, entries, setMany } from 'idb-keyval'
import { randomId } from '../lib/random-id.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { OutboxStore, StoredSend } from './outbox-options.ts'

/** The part of the Web Locks API that is used; it is missing in insecure contexts and old browsers. */
interface Locks {
  request(name: string, hold: () => Promise<void>): Promise<void>
  request(name: string, options: { ifAvailable: true }, run: (lock: object | null) => Promise<void>): Promise<void>
}

type Key = [owner: string, key: string]

/**
 * Keeps sends in IndexedDB. Each client is an owner of its own, and holds a Web Lock while it lives: what has an owner
 * without a lock was left behind. Without Web Locks everything is taken over; the idempotency keys make that harmless.
 * @throws EverwireError `unsupported` where there is no IndexedDB
 */
export function openOutboxStore(name: string, scope: Scope): OutboxStore {
  if ((globalThis as { indexedDB?: unknown }).indexedDB === undefined)
    throw new EverwireError('unsupported', 'this environment has no IndexedDB; pass a store as option `outbox.persist`')
  const db = createStore(`everwire-outbox ${name}`, 'sends')
  const locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks
  const owner = randomId(12)
  const lockOf = (other: string) => `everwire-outbox ${name} ${other}`
  const isAlive = locks
    ? new Promise<void>((resolve) => {
        const released = new Promise<void>((release) => scope.defer(release))
        locks
          .request(lockOf(owner), () => {
            resolve()
            return released
          })
          .catch(() => resolve())
      })
    : Promise.resolve()

  async function takeOver(sends: readonly [Key, StoredSend][]): Promise<void> {
    await setMany(
      sends.map(([[, key], send]): [Key, StoredSend] => [[owner, key], send]),
      db,
    )
    await delMany(
      sends.map(([key]) => key),
      db,
    )
  }

  return {
    async load() {
      await isAlive
      const left = new Map<string, [Key, StoredSend][]>()
      for (const entry of await entries<Key, StoredSend>(db)) {
        const [other] = entry[0]
        if (other !== owner) left.set(other, [...(left.get(other) ?? []), entry])
      }
      const taken: StoredSend[] = []
      for (const [other, sends] of left) {
        const take = async () => {
          await takeOver(sends)
          taken.push(...sends.map(([, send]) => send))
        }
        if (locks)
          await locks.request(lockOf(other), { ifAvailable: true }, async (lock) => {
            if (lock) await take()
          })
        else await take()
      }
      return taken.sort((a, b) => a.order - b.order)
    },
    async put(sends) {
      await isAlive
      await setMany(
        sends.map((send): [Key, StoredSend] => [[owner, send.key], send]),
        db,
      )
    },
    async remove(key) {
      await isAlive
      await del([owner, key] satisfies Key, db)
    },
  }
}
