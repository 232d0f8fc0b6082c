import type { WebSocketConstructor } from '../../transports/websocket.ts'

/** What a lane's transport is given instead of the browser's own, so that its bytes are counted and it can be cut. */
export interface Tap {
  readonly WebSocket: WebSocketConstructor | undefined
  readonly fetch: typeof fetch
  /** Bytes of both directions so far, as far as a page can see them. */
  bytes(this: void): number
  /** Ends what is open, as a network does: nobody said goodbye. */
  cut(this: void): void
}

const encoder = new TextEncoder()
const bytesOf = (data: unknown): number => {
  if (typeof data === 'string') return encoder.encode(data).byteLength
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength
  return data instanceof Blob ? data.size : 0
}

/** RFC 6455 §5.2: two bytes, the length where it does not fit into them, and the client's mask. */
const frameBytes = (length: number, masked: boolean): number =>
  length + 2 + (length > 65_535 ? 8 : length > 125 ? 2 : 0) + (masked ? 4 : 0)

/**
 * Counts message and body bytes, WebSocket frame headers and the response headers that a page can read, written as
 * HTTP/1.1 writes them. The request headers that a browser adds, chunk headers and TLS are not to be seen from a page.
 */
export function createTap(): Tap {
  const open = new Set<() => void>()
  let bytes = 0
  const NativeSocket = (globalThis as { WebSocket?: typeof WebSocket }).WebSocket

  return {
    WebSocket:
      NativeSocket &&
      class extends NativeSocket {
        constructor(url: string, protocols?: string | string[]) {
          super(url, protocols)
          const cut = () => this.close()
          open.add(cut)
          this.addEventListener('close', () => open.delete(cut))
          this.addEventListener('message', ({ data }) => (bytes += frameBytes(bytesOf(data), false)))
        }
        override send(data: string | ArrayBufferLike | Blob | ArrayBufferView<ArrayBuffer>): void {
          bytes += frameBytes(bytesOf(data), true)
          super.send(data as string)
        }
      },
    async fetch(input, init) {
      const controller = new AbortController()
      const cut = () => controller.abort(new TypeError('the race cut this request'))
      const stop = () => controller.abort(init?.signal?.reason)
      init?.signal?.addEventListener('abort', stop, { once: true })
      if (init?.signal?.aborted) stop()
      open.add(cut)
      const done = () => {
        open.delete(cut)
        init?.signal?.removeEventListener('abort', stop)
      }
      bytes += bytesOf(init?.body)
      try {
        const response = await fetch(input, { ...init, signal: controller.signal })
        bytes += headerBytes(response)
        if (!response.body) {
          done()
          return response
        }
        const counted = response.body.pipeThrough(
          new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
            transform(chunk, stream) {
              bytes += chunk.byteLength
              stream.enqueue(chunk)
            },
            flush: done,
          }),
        )
        const { status, statusText, headers } = response
        return new Response(counted, { status, statusText, headers })
      } catch (error) {
        done()
        throw error
      }
    },
    bytes: () => bytes,
    cut() {
      for (const end of [...open]) end()
    },
  }
}

function headerBytes({ status, statusText, headers }: Response): number {
  let sum = `HTTP/1.1 ${status} ${statusText}\r\n\r\n`.length
  headers.forEach((value, name) => (sum += name.length + value.length + 4))
  return sum
}
