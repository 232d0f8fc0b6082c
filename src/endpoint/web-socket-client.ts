import type { WebSocketConstructor } from '../transports/websocket.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { EndpointMessage, MessageTypes } from './endpoint.ts'
import { createMessageHandlers, readMessage } from './message-handlers.ts'
import { type EndpointUrl, resolveUrl } from './resolve-url.ts'
import { type Attempt, createRetryLoop, isOver, lost } from './retry-loop.ts'
import type {
  Codec,
  PingOptions,
  WebSocketClient,
  WebSocketClose,
  WebSocketLike,
  WebSocketOptions,
} from './web-socket-options.ts'

const JSON_CODEC: Codec = {
  encode(message) {
    if (message instanceof Uint8Array) return message
    const text = JSON.stringify(message) as string | undefined
    if (text === undefined) throw new TypeError(`a message must be JSON or a Uint8Array, got ${typeof message}`)
    return text
  },
  decode: (data) => (typeof data === 'string' ? (JSON.parse(data) as unknown) : data),
}

/**
 * Keeps a WebSocket to a server of any kind open and gives its messages to handlers by `type`.
 * ```ts
 * const rooms = createWebSocketClient<{ message: Chat }>('/rooms', { hello: () => [{ type: 'join', room: 'lobby' }] })
 * rooms.on('message', ({ data }) => show(data))
 * rooms.send({ type: 'message', room: 'lobby', text: 'Hello' })
 * ```
 * @param url - relative to the page, `http(s):` or `ws(s):`; a function is asked at each attempt
 */
export function createWebSocketClient<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl,
  options: WebSocketOptions = {},
): WebSocketClient<Types> {
  const { codec = JSON_CODEC, read = readMessage, ping, outbox = {}, connectTimeoutMs = 10_000 } = options
  const isPong = ping?.isPong ?? (({ type }: EndpointMessage) => type === 'pong')
  const handlers = createMessageHandlers(options.onError)
  const waiting: (string | Uint8Array)[] = []
  let open: WebSocketLike | undefined
  let probe = () => {}

  const transmit = (socket: WebSocketLike, data: string | Uint8Array) => socket.send(data as string)

  async function attempt({ scope, opened, end }: Attempt): Promise<void> {
    const inTime = scope.after(connectTimeoutMs, () => end(lost(`no connection within ${connectTimeoutMs} ms`)))
    const address = await resolveUrl(url, 'ws')
    if (scope.stopped) return
    const socket = construct(String(address), options)
    socket.binaryType = 'arraybuffer'
    let failure: SocketFailure = {}
    let heard = 0

    scope.defer(() => {
      open = undefined
      probe = () => {}
      socket.onmessage = socket.onclose = null
      // Closing while it connects is an error, which Node's sockets throw where nobody listens. And a socket that opens
      // nevertheless must not stay.
      socket.onerror = () => {}
      socket.onopen = () => socket.close()
      socket.close(1000)
    })
    socket.onerror = (event: SocketFailure) => {
      failure = event
    }
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      heard++
      let message: EndpointMessage | undefined
      try {
        message = read(codec.decode(typeof data === 'string' ? data : new Uint8Array(data)))
        if (!message || (ping && isPong(message))) return
      } catch (error) {
        const came = typeof data === 'string' ? JSON.stringify(data.slice(0, 80)) : `${data.byteLength} bytes`
        return report(
          new EverwireError('bad-frame', `cannot decode ${came}; JSON unless a codec is given`, { cause: error }),
        )
      }
      handlers.deliver(message)
    }

    const whenOpen = () => {
      if (scope.stopped) return
      inTime()
      for (const message of options.hello?.() ?? []) transmit(socket, codec.encode(message))
      for (const data of waiting.splice(0)) transmit(socket, data)
      open = socket
      if (ping)
        probe = keepPinging(
          scope,
          ping,
          end,
          () => heard,
          (message) => transmit(socket, codec.encode(message)),
        )
      opened()
    }
    // What the application's functions throw in there ends the attempt, like everything thrown here.
    await Promise.all([
      new Promise((resolve) => (socket.onopen = resolve)).then(whenOpen),
      new Promise<WebSocketClose>((resolve) => (socket.onclose = resolve)).then((event) =>
        end(...closed(event, failure, options)),
      ),
    ])
  }

  const { report, ...loop } = createRetryLoop(attempt, options, () => probe())
  // What was said to a connection that ended for good is not for the next one, which may be another user's.
  loop.subscribe(() => {
    if (isOver(loop.getSnapshot())) waiting.length = 0
  })
  if (options.autoConnect !== false) loop.connect()

  return {
    ...loop,
    on: handlers.on,
    send(message) {
      const data = codec.encode(message)
      if (open?.readyState === 1) {
        transmit(open, data)
        return true
      }
      if (isOver(loop.getSnapshot())) {
        throw new EverwireError('closed', 'the client is closed: call connect() before send()')
      }
      const { limit = 100, whenFull } = outbox
      if (waiting.length >= limit) {
        if (whenFull !== 'drop-oldest' || limit < 1) {
          throw new EverwireError('overflow', `the outbox is full: ${limit} messages wait`)
        }
        waiting.shift()
      }
      waiting.push(data)
      return false
    },
  }
}

/** Pings in a row, each with a deadline. Returns what pings at once. */
function keepPinging(
  scope: Scope,
  { message = { type: 'ping' }, intervalMs = 25_000, pongTimeoutMs = 5000 }: PingOptions,
  end: Attempt['end'],
  heard: () => number,
  send: (message: unknown) => void,
): () => void {
  let cancel = scope.after(intervalMs, ping)
  function ping(): void {
    cancel()
    const before = heard()
    send(typeof message === 'function' ? (message as () => unknown)() : message)
    cancel = scope.after(pongTimeoutMs, () => {
      if (heard() > before) cancel = scope.after(intervalMs - pongTimeoutMs, ping)
      else end(lost(`nothing came within ${pongTimeoutMs} ms after a ping`))
    })
  }
  return ping
}

function construct(address: string, options: WebSocketOptions): WebSocketLike {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (!WebSocket)
    throw new EverwireError('unsupported', 'no WebSocket here (Node 20 has none): give the option WebSocket')
  try {
    return new WebSocket(address, options.protocols) as WebSocketLike
  } catch (cause) {
    // A wrong subprotocol, or ws: on a page that came over https:.
    throw new EverwireError('unsupported', `no WebSocket to ${address}: ${String(cause)}`, { cause })
  }
}

/** An `error` event: in Node it says why, in browsers it must not. */
interface SocketFailure {
  readonly message?: string
  readonly error?: unknown
}

/** What follows a close: the arguments of `Attempt.end`. */
function closed(
  { code, reason }: WebSocketClose,
  { message, error }: SocketFailure,
  { shouldReconnect }: WebSocketOptions,
): Parameters<Attempt['end']> {
  const retryable = shouldReconnect?.({ code, reason }) ?? (code !== 1000 && (code < 4000 || code >= 4100))
  if (code === 1000 && !retryable) return []
  const why = reason || message
  return [
    new EverwireError(
      code === 1006 ? 'unreachable' : 'closed',
      `the WebSocket closed with code ${code}${why ? `: ${why}` : ''}`,
      { retryable, status: code, cause: error },
    ),
    // "Service restart" and "try again later" (IANA registry of close codes): not everybody at once.
    code === 1012 || code === 1013 ? 1000 + Math.random() * 4000 : undefined,
  ]
}
