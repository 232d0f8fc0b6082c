import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { CODE } from '../protocol/codes.ts'
import { refuseUpgrade } from './router.ts'
import { Refusal } from './refusal.ts'

export interface Handlers {
  /** Whether it was one of ours. */
  request(request: IncomingMessage, response: ServerResponse): boolean
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
}

/**
 * Serves our requests of a server that serves others too. What is ours reaches no other listener, whenever that was
 * added, since a second answer to one request fails; what is not ours reaches them as before. Returns its undoing.
 */
export function attachTo(server: EventEmitter, handlers: Handlers): () => void {
  const emit = server.emit.bind(server)
  const intercept = (type: string | symbol, ...args: unknown[]): boolean => {
    if (type === 'request' && handlers.request(args[0] as IncomingMessage, args[1] as ServerResponse)) return true
    if (type === 'upgrade' && handlers.upgrade(args[0] as IncomingMessage, args[1] as Duplex, args[2] as Buffer))
      return true
    return emit(type, ...args)
  }
  server.emit = intercept
  // Node tells of upgrades, and of HTTP/2 requests, only where somebody listens. Alone, these listeners must end what
  // nobody else will.
  const onRequest = (_: IncomingMessage, response: ServerResponse) => {
    if (server.listenerCount('request') === 1) response.writeHead(404).end()
  }
  const onUpgrade = (_: IncomingMessage, socket: Duplex) => {
    if (server.listenerCount('upgrade') > 1) return
    socket.on('error', () => socket.destroy())
    refuseUpgrade(socket, new Refusal(CODE.badFrame, 'nothing here speaks WebSocket', { status: 404 }))
  }
  server.on('request', onRequest)
  server.on('upgrade', onUpgrade)
  return () => {
    server.off('request', onRequest)
    server.off('upgrade', onUpgrade)
    if (server.emit === intercept) server.emit = emit
  }
}
