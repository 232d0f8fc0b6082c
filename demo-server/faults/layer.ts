import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { answer, pathOf, readJson, sendJson } from '../json.ts'
import { createFaultClients, type FaultClients } from './clients.ts'
import { handleFaulty } from './http.ts'
import { createOrigin, type FaultTarget } from './origin.ts'
import { NO_FAULTS, readSwitches } from './switches.ts'
import { handleFaultyUpgrade } from './upgrade.ts'

export interface FaultLayerOptions {
  /** Where the target is mounted. @defaultValue '/realtime' */
  readonly path?: string
  /** Most clients remembered. @defaultValue 10000 */
  readonly maxClients?: number
}

/** Handlers answer whether the request was theirs. */
export interface FaultLayer {
  handle(req: IncomingMessage, res: ServerResponse): boolean
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean
  readonly clients: FaultClients
  stop(): void
}

/**
 * The network between the target and its clients, which can be broken client by client. A client that names itself in
 * its base URL, `/realtime/~<id>`, reaches the target through faults that are switched with `POST /faults/<id>`, read
 * with `GET` and mended with `DELETE`. One that uses plain `/realtime` meets the target itself.
 */
export function createFaultLayer(
  target: FaultTarget,
  { path = '/realtime', maxClients }: FaultLayerOptions = {},
): FaultLayer {
  const clients = createFaultClients(maxClients)
  const origin = createOrigin(target)
  const named = new RegExp(`^${path}/~([\\w-]{1,64})(/[^?]*)(\\?.*)?$`, 's')
  const plain = new RegExp(`^${path}(/|$)`)

  /** The client that a URL names, and the URL without that name. */
  const route = (req: IncomingMessage) => {
    const match = named.exec(req.url ?? '')
    return match && { client: clients.client(match[1]!), path: `${path}${match[2]}${match[3] ?? ''}` }
  }

  const handleSwitches = async (id: string, req: IncomingMessage, res: ServerResponse) => {
    if (req.method === 'GET') sendJson(res, 200, { client: id, faults: clients.read(id) })
    else if (req.method === 'DELETE') sendJson(res, 200, { client: id, faults: clients.change(id, NO_FAULTS) })
    else if (req.method === 'POST') {
      const switches = readSwitches(await readJson(req))
      sendJson(res, 200, { client: id, faults: clients.change(id, switches) })
    } else sendJson(res, 405, { error: `use GET, POST or DELETE, got ${req.method}` }, { allow: 'GET, POST, DELETE' })
  }

  return {
    clients,
    handle(req, res) {
      const id = /^\/faults\/([\w-]{1,64})$/.exec(pathOf(req))?.[1]
      const routed = route(req)
      if (id) answer(res, () => handleSwitches(id, req, res))
      else if (routed) handleFaulty(routed.client, origin, routed.path, req, res)
      else if (plain.test(pathOf(req))) target.handle(req, res)
      else return false
      return true
    },
    handleUpgrade(req, socket, head) {
      const routed = route(req)
      if (routed) handleFaultyUpgrade(routed.client, origin, routed.path, req, socket, head)
      else if (plain.test(pathOf(req))) target.handleUpgrade(req, socket, head)
      else return false
      return true
    },
    stop() {
      clients.cutAll()
      origin.stop()
    },
  }
}
