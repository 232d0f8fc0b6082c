import { type Agent, type IncomingMessage, STATUS_CODES } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Store } from '../../../src/lib/store.ts'
import { askOrigin, type Exchange, PAGE } from './exchange.ts'
import type { FaultSettings } from './settings.ts'

interface UpgraderParts {
  readonly begin: (request: IncomingMessage, socket: Socket) => Exchange
  readonly pickUpstream: () => number
  readonly settings: Store<FaultSettings>
  readonly agent: Agent
}

function answerAndEnd(socket: Socket, status: number, headers: readonly string[], body: string) {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`]
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body)
  socket.end(lines.join('\r\n'))
}

const answerPage = (socket: Socket, status: number) =>
  answerAndEnd(socket, status, ['Content-Type', 'text/html; charset=utf-8'], PAGE)

/** The bytes of the handshake as they are sent to the origin. */
function handshake({ method, url, rawHeaders }: IncomingMessage, strip: readonly string[]): string {
  const lines = [`${method} ${url} HTTP/1.1`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!strip.includes(rawHeaders[at]!.toLowerCase())) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Joins the client's socket with one to the origin, for as long as the settings let frames pass. */
function splice(socket: Socket, head: Buffer, exchange: Exchange, port: number, settings: Store<FaultSettings>) {
  const { scope, request } = exchange
  const origin = connect({ port, host: '127.0.0.1' })
  origin.setNoDelay(true)
  origin.write(handshake(request, settings.get().stripRequestHeaders))
  if (head.length > 0) origin.write(head)
  /** What came before the end of the origin's headers; `undefined` when they have passed. */
  let answer: Buffer | undefined = Buffer.alloc(0)
  let silenced = false

  function obey() {
    if (answer) return
    const { websocket, dropAfterMs } = settings.get()
    if (websocket === 'silent') silenced = true
    // At once means before a frame can follow the handshake.
    if (websocket === 'drop' && dropAfterMs === 0) socket.destroySoon()
    else if (websocket === 'drop') scope.after(dropAfterMs, () => socket.destroySoon())
  }

  origin.on('data', (bytes: Buffer) => {
    if (silenced || !socket.writable) return
    if (!answer) {
      if (!socket.write(bytes)) origin.pause()
      return
    }
    answer = Buffer.concat([answer, bytes])
    const end = answer.indexOf('\r\n\r\n')
    if (end < 0) return
    const accepted = answer.subarray(0, end + 4)
    const frames = answer.subarray(end + 4)
    answer = undefined
    socket.write(accepted)
    obey()
    if (!silenced && socket.writable) socket.write(frames)
  })
  socket.on('data', (bytes: Buffer) => {
    if (!silenced && !origin.write(bytes)) socket.pause()
  })
  origin.on('drain', () => socket.resume())
  socket.on('drain', () => origin.resume())
  origin.once('end', () => silenced || socket.end())
  // Nothing answers the end of a silenced connection: it is over when the client says so.
  socket.once('end', () => (silenced ? socket.destroy() : origin.end()))
  origin.on('error', () => silenced || socket.resetAndDestroy())
  socket.once('close', () => origin.destroy())
  scope.defer(settings.subscribe(obey))
}

/** Answers handshakes as the settings want. */
export function createUpgrader({ begin, pickUpstream, settings, agent }: UpgraderParts) {
  return (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const socket = stream as Socket
    socket.setNoDelay(true)
    const exchange = begin(request, socket)
    exchange.scope.defer(() => socket.destroy())
    socket.once('close', () => exchange.scope.stop())
    // A reset by the client; `close` follows.
    socket.on('error', () => {})
    const { websocket, captive, stripRequestHeaders } = settings.get()
    if (captive) return answerPage(socket, 200)
    switch (websocket) {
      case 'ok':
      case 'silent':
      case 'drop':
        return splice(socket, head, exchange, pickUpstream(), settings)
      case 'html':
        return answerPage(socket, 200)
      case 'rst':
        return void socket.resetAndDestroy()
      case 'hang':
        return void socket.resume().once('end', () => socket.destroy())
      case 'strip': {
        const options = { port: pickUpstream(), agent, strip: stripRequestHeaders, signal: exchange.scope.signal }
        askOrigin(request, head, options)
          .then(async (answer) => {
            const body = Buffer.concat(await answer.toArray()).toString()
            answerAndEnd(
              socket,
              answer.statusCode ?? 502,
              ['Content-Type', answer.headers['content-type'] ?? 'text/plain'],
              body,
            )
          })
          .catch(() => answerPage(socket, 502))
        return
      }
      default:
        return answerPage(socket, websocket)
    }
  }
}
