import { EverwireError } from '../protocol/errors.ts'
import { isHydrated, isServer } from './dehydrated.ts'
import type { Live } from './live.ts'
import { liveStoreOf } from './live-store.ts'
import { preload } from './preload.ts'
import type { RealtimeClient } from './realtime-client.ts'

/** How long a state is kept for a component that was told to wait for it, in milliseconds. */
const HOLD_MS = 5000

const waitsOf = new WeakMap<RealtimeClient, Map<string, Promise<unknown>>>()

/**
 * Throws a promise for React to wait for while nothing is known of a state yet; the same one to all who ask. What was
 * once known never suspends again, however the connection fares.
 */
export function suspendUntilKnown(client: RealtimeClient, definition: Live<unknown, never>): void {
  const { key, topic } = definition
  if (isHydrated(client, key)) return
  const store = liveStoreOf(client, definition)
  const { status } = store.getSnapshot()
  if (status !== 'idle' && status !== 'connecting') return
  if (isServer()) {
    throw new EverwireError(
      'unsupported',
      `no state of topic ${topic} to render on a server: await preload(client, definition) there before, or let the browser replace the fallback`,
    )
  }
  const waits = waitsOf.get(client) ?? new Map<string, Promise<unknown>>()
  waitsOf.set(client, waits)
  const known = waits.get(key)
  if (known) throw known as unknown as Error
  // Whatever the definition keeps, it must still be there when the component renders again.
  const release = store.acquire()
  const wait = preload(client, definition)
  waits.set(key, wait)
  const settle = () => {
    waits.delete(key)
    setTimeout(release, HOLD_MS)
  }
  wait.then(settle, settle)
  // React's own way of waiting, in all versions of it.
  throw wait as unknown as Error
}
