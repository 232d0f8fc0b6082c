import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { decodeBinaryMessage } from '../../protocol/binary.ts'
import { decodeClientBatch } from '../../protocol/client-codec.ts'
import { CODE } from '../../protocol/codes.ts'
import { EverwireError } from '../../protocol/errors.ts'
import { type ClientFrame, type PubFrame, SUBPROTOCOL } from '../../protocol/frame.ts'
import { accept } from '../accept.ts'
import { handleFrame } from '../client-frames.ts'
import type { Connection, Outlet } from '../connection.ts'
import type { ServerCore } from '../core.ts'
import { encode } from '../encoded.ts'
import { admit, connectRequest } from '../http.ts'
import { Refusal } from '../refusal.ts'

/** How long the other side may take to answer a close frame, in milliseconds; `ws` itself would wait 30 s. */
const CLOSE_MS = 2_000

export interface WebSocketEndpoint {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends the sockets that have no seat yet. */
  stop(): void
}

export function createWebSocketEndpoint(core: ServerCore): WebSocketEndpoint {
  const newcomers = new Set<WebSocket>()
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: core.limits.inBytes,
    perMessageDeflate: false,
    // Without a common subprotocol the socket is accepted all the same, since only a close code can say what is wrong.
    handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : [...protocols][0]!),
  })

  function open(ws: WebSocket, request: IncomingMessage, socket: Duplex): void {
    newcomers.add(ws)
    const socketOutlet = { destroy: () => ws.terminate() }
    core.outlets.add(socketOutlet)
    let connection: Connection | undefined
    let isOpening = false
    const early: ClientFrame[] = []
    const close = (code: number, why: string) => {
      if (connection) return connection.end(code as never, why)
      newcomers.delete(ws)
      ws.send(encode({ t: 'bye', code, why, retry: core.retryWindow() }).text)
      endSocket(core, ws, code, why)
    }
    const cancelDeadline = core.scope.after(core.limits.openMs, () =>
      close(CODE.heartbeat, `no open object came within ${core.limits.openMs} ms`),
    )
    const authenticate = (token: string) => core.hooks.authenticate(connectRequest(core, request, 'websocket', token))

    async function takeOpen(frame: ClientFrame): Promise<void> {
      if (frame.t !== 'open') return close(CODE.badFrame, `the first frame must be "open", got "${frame.t}"`)
      isOpening = true
      try {
        const identity = await admit(core, request, 'websocket', frame)
        if (ws.readyState !== WebSocket.OPEN) return
        cancelDeadline()
        newcomers.delete(ws)
        const outlet = createOutlet(core, ws, socket, frame.caps?.includes('bin') === true)
        connection = accept(core, outlet, frame, identity)
        for (const next of early.splice(0)) handleFrame(core, connection, next, authenticate)
      } catch (error) {
        if (error instanceof Refusal) close(error.code, error.message)
        else {
          core.log({ level: 'error', message: 'a WebSocket could not be opened', error })
          close(CODE.internal, 'the server failed')
        }
      }
    }

    ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (connection) connection.readAt = performance.now()
      let frames: ClientFrame[]
      try {
        frames = isBinary ? decodeBinary(data, connection) : decodeClientBatch(data.toString('utf8'))
      } catch (error) {
        return close(CODE.badFrame, error instanceof EverwireError ? error.message : 'the message could not be read')
      }
      for (const frame of frames) {
        if (connection) handleFrame(core, connection, frame, authenticate)
        else if (isOpening) early.push(frame)
        else void takeOpen(frame)
      }
      if (early.length > core.limits.topics) close(CODE.badFrame, 'too many frames before the server said "open"')
    })
    ws.on('close', () => {
      cancelDeadline()
      newcomers.delete(ws)
      core.outlets.delete(socketOutlet)
      connection?.closed()
    })
    // `close` follows, with what there is to say.
    ws.on('error', () => connection?.closed())
    socket.on('drain', () => connection?.drained())
    if (ws.protocol !== SUBPROTOCOL) {
      close(CODE.version, `a WebSocket needs the subprotocol ${SUBPROTOCOL}, got ${JSON.stringify(ws.protocol)}`)
    }
  }

  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (ws) => open(ws, request, socket))
    },
    stop() {
      for (const ws of newcomers) ws.terminate()
      newcomers.clear()
      server.close()
    },
  }
}

function decodeBinary(data: Buffer, connection: Connection | undefined): ClientFrame[] {
  if (!connection?.outlet.binary) throw new EverwireError('bad-frame', 'a binary message needs the capability "bin"')
  const { header, data: bytes } = decodeBinaryMessage(data)
  const frames = decodeClientBatch(header)
  const [frame] = frames
  if (frames.length !== 1 || frame?.t !== 'pub') {
    throw new EverwireError('bad-frame', 'the header of a binary message must be one frame of type "pub"')
  }
  return [{ ...(frame satisfies PubFrame), d: bytes }]
}

function createOutlet(core: ServerCore, ws: WebSocket, socket: Duplex, binary: boolean): Outlet {
  return {
    transport: 'websocket',
    binary,
    buffered: () => socket.writableLength,
    write(batch) {
      // Past `ws`, since the message is encoded once for all sockets; without compression `ws` keeps no queue of its own.
      if (ws.readyState === WebSocket.OPEN) socket.write(batch.webSocketMessages(binary))
    },
    end: (code, why) => endSocket(core, ws, code, why),
    destroy: () => ws.terminate(),
  }
}

function endSocket(core: ServerCore, ws: WebSocket, code: number, why: string): void {
  // RFC 6455 §5.5: the reason of a close frame has room for 123 bytes.
  ws.close(
    code,
    Buffer.from(why)
      .subarray(0, 123)
      .toString('utf8')
      .replace(/\uFFFD+$/, ''),
  )
  const cancel = core.scope.after(CLOSE_MS, () => ws.terminate())
  ws.once('close', cancel)
}
