import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

/** What stands behind the faults: anything that answers requests and upgrades as a realtime server does. */
export interface FaultTarget {
  handle(req: IncomingMessage, res: ServerResponse): unknown
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): unknown
}

/** The target, as a reverse proxy sees it: a server to which requests can be made. */
export interface Origin {
  request(options: Pick<RequestOptions, 'method' | 'path' | 'headers'>): ClientRequest
  stop(): void
}

/**
 * Puts the target behind a whole HTTP server that listens on no port: each request gets a connection in memory. So a
 * fault meets the bytes as a proxy would, and the target knows nothing of it.
 */
export function createOrigin(target: FaultTarget): Origin {
  const open = new Set<Duplex>()
  const server = createServer((req, res) => void target.handle(req, res))
  server.on('upgrade', (req, socket, head) => void target.handleUpgrade(req, socket, head))

  const connect = (): Duplex => {
    const [near, far] = duplexPair()
    for (const [side, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(side)
      side.on('error', () => {})
      // The two sides of a pair do not end each other by themselves when one is destroyed.
      side.once('close', () => {
        open.delete(side)
        other.destroy()
      })
    }
    server.emit('connection', far)
    return near
  }

  return {
    request: (options) => request({ ...options, createConnection: connect }),
    stop: () => open.forEach((side) => side.destroy()),
  }
}
