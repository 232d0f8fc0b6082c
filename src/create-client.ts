import { createCore } from './client/create-core.ts'
import type { CoreOptions } from './client/options.ts'
import type { RealtimeClient } from './client/realtime-client.ts'
import { shareTabs } from './client/tabs/share-tabs.ts'
import type { Transport } from './client/transport.ts'
import type { HttpOptions } from './transports/http-options.ts'
import { longPoll } from './transports/long-poll.ts'
import { eventStream } from './transports/sse.ts'
import { webSocket, type WebSocketOptions } from './transports/websocket.ts'

/** Options of `createClient`: those of the core, of the transports, and where the server is. */
export interface ClientOptions extends Omit<CoreOptions, 'transports'>, HttpOptions, WebSocketOptions {
  /**
   * The transports, best first.
   * @defaultValue `[webSocket(), eventStream(), longPoll()]` with this client's `WebSocket`, `fetch`, `headers` and
   * `credentials`
   */
  readonly transports?: readonly Transport[] | undefined
}

/**
 * Creates a client for a server that speaks the everwire protocol. Opens nothing and touches no browser global: the
 * first listener, send or `connect()` does. Make one per server, outside components.
 */
export function createClient(options: ClientOptions): RealtimeClient {
  const core = {
    ...options,
    transports: options.transports ?? [webSocket(options), eventStream(options), longPoll(options)],
  }
  return options.shareTabs ? createCore(core, shareTabs(core)) : createCore(core)
}
