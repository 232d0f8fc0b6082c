import type { Transport, WireEnd } from '../client/transport.ts'
import { createScope, type EventTargetLike } from '../lib/scope.ts'
import { decodeBinaryMessage, encodeBinaryMessage } from '../protocol/binary.ts'
import { decodeServerBatch, encodeBatch } from '../protocol/codec.ts'
import { type ClientFrame, type MessageFrame, type ServerFrame, SUBPROTOCOL } from '../protocol/frame.ts'

/** The part of a WebSocket that is used; the browser's, that of `ws` and those of mocks have it. */
export interface WebSocketLike extends EventTargetLike {
  binaryType: string
  readonly readyState: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  /** Ends it without waiting for the other side (`ws`; browsers have no such thing). */
  terminate?(): void
}

/** Loose on purpose: the constructors of browsers, of `ws` and of mocks differ in how they type their events. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => { close(): void }

/** The constructor to use, found when it is used, or why there is none. */
export const socketOf = ({
  WebSocket,
}: WebSocketOptions): (new (url: string, protocols?: string | string[]) => WebSocketLike) | undefined =>
  (WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket) as never

export const NO_WEBSOCKET = 'this environment has no WebSocket; pass one as option `WebSocket`'

export interface WebSocketOptions {
  /** The constructor, where there is no global one (Node 20: that of `ws`). */
  readonly WebSocket?: WebSocketConstructor | undefined
}

/** Closes a socket; one that the other side does not answer any more must not stay open for the closing handshake. */
export function hangUp(socket: WebSocketLike): void {
  socket.close(1000)
  socket.terminate?.()
}

/** WebSocket: both directions, binary, nothing to set up on the client. */
export function webSocket(options: WebSocketOptions = {}): Transport {
  return {
    name: 'websocket',
    unsupported: () => (socketOf(options) ? undefined : NO_WEBSOCKET),
    open({ url, openObject, events }) {
      const scope = createScope()
      const socket = new (socketOf(options)!)(`${url.replace(/^http/, 'ws')}/ws`, SUBPROTOCOL)
      socket.binaryType = 'arraybuffer'
      // Stays after the end: a socket that is closed while it connects still reports an error.
      socket.addEventListener('error', () => {})
      scope.defer(() => hangUp(socket))
      const end = (reason: WireEnd) => {
        if (scope.stopped) return
        scope.stop()
        events.ended(reason)
      }
      /** The server understands binary messages; before it says so, binary data goes as base64. */
      let binary = false
      const write = (frames: readonly ClientFrame[]) => {
        let texts: ClientFrame[] = []
        const flush = () => {
          if (texts.length > 0) socket.send(encodeBatch(texts))
          texts = []
        }
        for (const frame of frames) {
          if (!binary || frame.t !== 'pub' || !(frame.d instanceof Uint8Array)) texts.push(frame)
          else {
            // What came before it goes before it.
            flush()
            const { d, ...header } = frame
            socket.send(encodeBinaryMessage(JSON.stringify({ ...header, b: 1 }), d) as Uint8Array<ArrayBuffer>)
          }
        }
        flush()
      }
      const decode = (data: unknown): ServerFrame[] => {
        if (typeof data === 'string') return decodeServerBatch(data)
        const message = decodeBinaryMessage(new Uint8Array(data as ArrayBuffer))
        return decodeServerBatch(message.header).map((frame) => ({ ...(frame as MessageFrame), d: message.data }))
      }
      const introduce = async () => {
        try {
          const open = await openObject()
          if (!scope.stopped) write([{ t: 'open', ...open, caps: ['bin'] }])
        } catch (cause) {
          end({ message: `could not say who this client is: ${String(cause)}`, cause })
        }
      }
      scope.listen(socket, 'open', () => {
        events.reached()
        void introduce()
      })
      scope.listen(socket, 'message', ({ data }: { data: unknown }) => {
        events.alive()
        let frames: ServerFrame[]
        try {
          frames = decode(data)
        } catch (cause) {
          return end({ message: (cause as Error).message, cause })
        }
        binary ||= frames.some((frame) => frame.t === 'open' && frame.caps.includes('bin'))
        events.frames(frames)
      })
      scope.listen(socket, 'close', ({ code, reason }: { code: number; reason: string }) =>
        end({ code, message: `the WebSocket closed with code ${code}${reason && `: ${reason}`}` }),
      )
      return {
        send(frames) {
          // A closing socket throws in some environments; its end is told anyway.
          if (!scope.stopped && socket.readyState === 1) write(frames)
        },
        close: scope.stop,
      }
    },
  }
}
