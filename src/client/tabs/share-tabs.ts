import { createStore } from '../../lib/store.ts'
import { type Connection, type ConnectionOptions, createConnection } from '../connection.ts'
import { type ConnectionSnapshot, IDLE_SNAPSHOT } from '../connection-snapshot.ts'
import type { CoreOptions } from '../options.ts'

type Dispatched = Parameters<Connection['dispatch']>[0]

/** What tabs need to share a connection; Web Locks and digests are there in secure contexts alone. */
function canShare(): boolean {
  const { navigator, BroadcastChannel, crypto } = globalThis as {
    navigator?: { locks?: unknown }
    BroadcastChannel?: unknown
    crypto?: { subtle?: unknown }
  }
  return Boolean(navigator?.locks && BroadcastChannel && crypto?.subtle)
}

/**
 * Makes connections that tabs share, where they can. The code for that is loaded when a connection is wanted first;
 * where it cannot be had, the tab has a wire of its own.
 */
export function shareTabs(core: CoreOptions): (options: ConnectionOptions) => Connection {
  return (options) => {
    if (!canShare()) return createConnection(options)
    const snapshot = createStore<ConnectionSnapshot>(IDLE_SNAPSHOT)
    const events: Dispatched[] = []
    let connection: Connection | undefined
    let loading: Promise<void> | undefined

    function adopt(made: Connection): void {
      connection = made
      options.scope.defer(made.snapshot.subscribe(() => snapshot.set(made.snapshot.get())))
      for (const event of events.splice(0)) made.dispatch(event)
    }

    return {
      snapshot,
      dispatch(event) {
        if (connection) return connection.dispatch(event)
        events.push(event)
        if (event.type !== 'wanted' && event.type !== 'reconnect') return
        loading ??= import('./tab-connection.ts').then(
          ({ createTabConnection }) => adopt(createTabConnection(options, core)),
          () => adopt(createConnection(options)),
        )
      },
      get carrierId() {
        return connection?.carrierId
      },
    }
  }
}
