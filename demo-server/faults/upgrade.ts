import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FaultClient } from './clients.ts'
import { endToEnd, requestHeaders } from './forward.ts'
import type { Origin } from './origin.ts'

/** How long an accepted socket lives on a path that drops, in milliseconds. */
const DROP_MS = 300

/** What a silent path holds in each direction; above that the bytes are lost, and the socket with them. */
const HELD_BYTES = 262_144

/** What becomes of a handshake or of an open socket. */
interface Stage {
  faultChanged(): void
  close(): void
}

/** Takes the handshake of a client's WebSocket through the client's faults. */
export function handleFaultyUpgrade(
  client: FaultClient,
  origin: Origin,
  path: string,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const early = createEarlyBytes(socket, head)
  let fault = client.faults.websocket
  let stage: Stage
  const cut = () => void socket.destroy()

  const start = (): Stage => {
    if (fault === 'refuse') {
      writeAnswer(socket, 502, { 'content-type': 'text/html' }, '<html><body><h1>502 Bad Gateway</h1></body></html>')
      return { faultChanged() {}, close() {} }
    }
    if (fault === 'hang') {
      // What is retried for long enough passes a firewall once it lets go, so the handshake goes on when it is mended.
      return { faultChanged: () => void (stage = start()), close() {} }
    }
    return shake(client, origin, path, req, socket, early)
  }

  socket.on('error', cut)
  // Half-open sockets are a fault of their own; here the client's end is the end.
  socket.on('end', cut)
  stage = start()
  const untrack = client.track({
    cut,
    faultsChanged() {
      if (client.faults.websocket === fault) return
      fault = client.faults.websocket
      stage.faultChanged()
    },
  })
  socket.once('close', () => {
    untrack()
    stage.close()
  })
}

/** Reads what comes before the handshake is answered: only a socket that is read notices that the client left. */
function createEarlyBytes(socket: Duplex, head: Buffer) {
  const chunks = [head]
  let bytes = head.length
  const keep = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > HELD_BYTES) socket.destroy()
    else chunks.push(chunk)
  }
  socket.on('data', keep)
  return {
    take(): Buffer {
      socket.off('data', keep)
      return Buffer.concat(chunks)
    },
  }
}

type EarlyBytes = ReturnType<typeof createEarlyBytes>

function shake(
  client: FaultClient,
  origin: Origin,
  path: string,
  req: IncomingMessage,
  socket: Duplex,
  early: EarlyBytes,
): Stage {
  const headers = requestHeaders(req)
  const isStripped = client.faults.websocket === 'strip'
  const upstream = origin.request({
    method: 'GET',
    path,
    headers: isStripped ? headers : { ...headers, connection: 'Upgrade', upgrade: 'websocket' },
  })
  let open: Stage | undefined
  upstream.on('upgrade', (answer, inner: Duplex, innerHead: Buffer) => {
    if (socket.destroyed) return void inner.destroy()
    socket.write(headText(101, 'Switching Protocols', answer.headers))
    open = bridge(client, socket, inner, early.take(), innerHead)
  })
  upstream.on('response', (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('end', () =>
      writeAnswer(socket, answer.statusCode ?? 502, endToEnd(answer.headers), Buffer.concat(chunks)),
    )
    answer.on('error', () => socket.destroy())
  })
  upstream.on('error', () => socket.destroy())
  upstream.end()
  return {
    faultChanged: () => (open ? open.faultChanged() : void socket.destroy()),
    close() {
      upstream.destroy()
      open?.close()
    },
  }
}

/** Two sockets joined, with a gate between them that is shut while the path is silent. */
function bridge(client: FaultClient, outer: Duplex, inner: Duplex, head: Buffer, innerHead: Buffer): Stage {
  const down = createGate(outer, inner)
  const up = createGate(inner, outer)
  let timer: ReturnType<typeof setTimeout> | undefined
  const isSilent = () => client.faults.websocket === 'silence'
  const setGates = () => {
    down.set(!isSilent())
    up.set(!isSilent())
  }
  const endOuter = () => {
    // On a silent path nobody hears that the server hung up.
    if (!isSilent()) outer.destroy()
  }
  if (client.faults.websocket === 'drop') timer = setTimeout(() => outer.destroy(), DROP_MS)
  setGates()
  inner.on('error', () => {})
  inner.on('end', () => inner.destroy())
  inner.once('close', endOuter)
  up.push(head)
  down.push(innerHead)
  outer.on('data', up.push)
  inner.on('data', down.push)
  return {
    faultChanged() {
      const fault = client.faults.websocket
      const keeps = fault === 'silence' || (fault === 'ok' && !inner.destroyed && !down.lost && !up.lost)
      if (keeps) setGates()
      else outer.destroy()
    },
    close() {
      clearTimeout(timer)
      inner.destroy()
    },
  }
}

/** Moves bytes to `to`, or keeps them while it is shut. */
function createGate(to: Duplex, from: Duplex) {
  let held: Buffer[] = []
  let heldBytes = 0
  let isOpen = true
  const gate = {
    /** More came than a shut gate keeps; what comes later must not pass either. */
    lost: false,
    push(this: void, chunk: Buffer) {
      if (chunk.length === 0 || gate.lost || to.destroyed) return
      if (isOpen) {
        if (!to.write(chunk)) from.pause()
        return
      }
      heldBytes += chunk.length
      if (heldBytes <= HELD_BYTES) held.push(chunk)
      else {
        gate.lost = true
        held = []
      }
    },
    set(open: boolean) {
      isOpen = open
      if (!open) return
      const chunks = held
      held = []
      heldBytes = 0
      chunks.forEach(gate.push)
    },
  }
  to.on('drain', () => from.resume())
  return gate
}

function headText(status: number, reason: string, headers: OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`))
  return [`HTTP/1.1 ${status} ${reason}`, ...lines, '', ''].join('\r\n')
}

function writeAnswer(socket: Duplex, status: number, headers: OutgoingHttpHeaders, body: string | Buffer): void {
  const whole = { ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) }
  socket.write(headText(status, STATUS_CODES[status] ?? '', whole))
  socket.end(body)
}
