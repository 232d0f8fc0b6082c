import { CODE } from '../protocol/codes.ts'
import type { ServerCore } from './core.ts'
import { encode } from './encoded.ts'

/** Of a heartbeat's time, how much of it a WebSocket client may be silent. */
const SILENT_BEATS = 2.4
/** A heartbeat goes out after this part of its time, so that sweep and network have the rest. */
const BEAT_EARLY = 0.8

/**
 * Looks at every connection from time to time: who needs a heartbeat, who is silent, who does not keep up, whose
 * credentials ended. One timer for all, since tens of thousands of timers cost more than what they watch.
 */
export function startSweep(core: ServerCore): void {
  const { heartbeatMs, limits, scope } = core
  const everyMs = Math.min(1_000, Math.max(10, Math.min(heartbeatMs, limits.behindMs) / 10))
  let sweptAt = performance.now()
  let pardonedAt = sweptAt

  function sweep(): void {
    const now = performance.now()
    // This process stood still, and what clients said meanwhile was not read yet: they get another beat.
    if (now - sweptAt > everyMs * 2 + 500) pardonedAt = now - heartbeatMs * (SILENT_BEATS - 1)
    sweptAt = now
    const time = Date.now()
    for (const connection of core.connections) {
      const { outlet, identity } = connection
      const readAt = Math.max(connection.readAt, pardonedAt)
      // Who only listens says nothing but answers to heartbeats: a busy connection needs them too.
      const mustSpeak = outlet.transport === 'websocket' && now - readAt >= heartbeatMs
      if (identity.expiresAt !== undefined && identity.expiresAt <= time) {
        connection.end(CODE.tokenExpired, 'the credentials have expired')
      } else if (connection.behindSince > 0 && now - connection.behindSince > limits.behindMs) {
        connection.end(CODE.slow, `the client took nothing for ${limits.behindMs} ms`)
        outlet.destroy()
      } else if (outlet.transport === 'websocket' && now - readAt > heartbeatMs * SILENT_BEATS) {
        connection.end(CODE.heartbeat, 'the client fell silent')
      } else if (
        connection.behindSince === 0 &&
        (mustSpeak || now - connection.writtenAt >= heartbeatMs * BEAT_EARLY)
      ) {
        if (outlet.transport !== 'longpoll') connection.send(encode({ t: 'hb', ts: time }))
      }
    }
    core.rates.sweep()
    scope.after(everyMs, sweep)
  }

  scope.after(everyMs, sweep)
}
