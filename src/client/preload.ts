import { EverwireError } from '../protocol/errors.ts'
import type { Live } from './live.ts'
import { liveStoreOf } from './live-store.ts'
import type { RealtimeClient } from './realtime-client.ts'

/**
 * Waits until the state of a live definition is complete, and resolves with it: before a page is rendered on a server,
 * or before a route is shown. The state goes on for the definition's `keepAliveMs`, and `dehydrate()` includes it.
 * Rejects with the error of the connection, and with `aborted` where the signal says so.
 */
export function preload<State>(
  client: RealtimeClient,
  definition: Live<State, never>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<State> {
  const store = liveStoreOf<State>(client, definition)
  return new Promise((resolve, reject) => {
    let settled = false
    const stop = store.subscribe(check)
    const onAbort = () =>
      settle(() => reject(new EverwireError('aborted', 'the preload was aborted', { cause: signal!.reason })))
    function settle(finish: () => void): void {
      if (settled) return
      settled = true
      signal?.removeEventListener('abort', onAbort)
      // Not from within the store's own call, which `subscribe` may still be in.
      queueMicrotask(() => stop())
      finish()
    }
    function check(): void {
      const { status, data, error } = store.getSnapshot()
      if (status === 'live' || status === 'ended') settle(() => resolve(data))
      else if (status === 'error') settle(() => reject(error))
    }
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    else check()
  })
}
