import { CODE } from '../protocol/codes.ts'
import type { Connection } from './connection.ts'
import type { ServerCore } from './core.ts'

/** How long closing connections may take after the last was told, in milliseconds. */
const LAST_MS = 1_000

/** Tells all connections to come back elsewhere, in random order over half of `drainMs`, and waits until they are gone. */
export async function drain(core: ServerCore, drainMs: number, pause: (ms: number) => Promise<void>): Promise<void> {
  const connections = shuffled([...core.connections])
  const [, most] = core.retryWindow()
  const retry = [0, Math.max(1_000, most)] as const
  const start = performance.now()
  for (const [index, connection] of connections.entries()) {
    const due = ((index + 1) / connections.length) * (drainMs / 2)
    const wait = due - (performance.now() - start)
    if (wait > 5) await pause(wait)
    connection.end(CODE.drain, 'the server is stopping', retry)
  }
  const deadline = start + Math.max(drainMs, LAST_MS)
  // Told is not gone: a WebSocket waits for the other side's close frame, a response for its last bytes.
  while (core.outlets.size > 0 && performance.now() < deadline) await pause(10)
  for (const outlet of core.outlets) outlet.destroy()
}

/** Fisher and Yates. */
function shuffled(connections: Connection[]): Connection[] {
  for (let last = connections.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[connections[last], connections[other]] = [connections[other]!, connections[last]!]
  }
  return connections
}
