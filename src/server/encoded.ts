import { encodeBinaryMessage, fromBase64, toBase64 } from '../protocol/binary.ts'
import { encodeFrame } from '../protocol/codec.ts'
import type { ServerFrame } from '../protocol/frame.ts'
import { parsePosition, type Position, type PositionParts } from '../protocol/position.ts'
import { encodeEvent } from '../protocol/sse-encode.ts'
import type { Stored } from './backplane/contract.ts'

/** A frame as text, encoded once and shared by every connection it goes to. */
export interface Encoded {
  readonly text: string
  readonly bytes: number
  /** Its data is bytes: a binary message for WebSockets that take them. */
  readonly binary?: boolean
}

/** A message of a topic with its place, ready to go out. */
export interface Entry extends Encoded, PositionParts {
  readonly pos: Position
}

export function encode(frame: ServerFrame): Encoded {
  const text = encodeFrame(frame)
  return { text, bytes: Buffer.byteLength(text) }
}

/** A message's text as backplanes keep it: all of the `m` frame that is known before it has a position. */
export function encodeStored(event: string, data: unknown, key: string | undefined): string {
  const binary = data instanceof Uint8Array
  const text = JSON.stringify({ e: event, ts: Date.now(), k: key, d: binary ? toBase64(data) : data })
  // First, so that `encodeEntry` need not parse to know.
  return binary ? `{"b":1,${text.slice(1)}` : text
}

/** The `m` frame of a stored message; `undefined` where what a backplane delivered is none. */
export function encodeEntry(topic: string, { pos, data }: Stored): Entry | undefined {
  const parts = parsePosition(pos)
  if (!parts || !data.startsWith('{"') || !data.endsWith('}') || data.includes('\n')) return undefined
  // Topics and positions hold no character that JSON would escape.
  const text = `{"t":"m","c":"${topic}","i":"${pos}",${data.slice(1)}`
  return { ...parts, pos, text, bytes: Buffer.byteLength(text), binary: data.startsWith('{"b":1,') }
}

/** Frames that leave together, as each transport writes them; built once for all connections that send the same. */
export class Batch {
  readonly frames: readonly Encoded[]
  #text: string | undefined
  #messages: { readonly binary: boolean; readonly bytes: Buffer } | undefined
  #event: { readonly id: string | undefined; readonly bytes: Buffer } | undefined

  constructor(frames: readonly Encoded[]) {
    this.frames = frames
  }

  get text(): string {
    return (this.#text ??= joinTexts(this.frames))
  }

  /** The WebSocket messages of the batch: one, unless binary messages stand between its frames. */
  webSocketMessages(binary: boolean): Buffer {
    if (this.#messages?.binary !== binary) this.#messages = { binary, bytes: encodeMessages(this, binary) }
    return this.#messages.bytes
  }

  /** The batch as one server-sent event. */
  event(id: string | undefined): Buffer {
    if (!this.#event || this.#event.id !== id) {
      this.#event = { id, bytes: Buffer.from(encodeEvent({ data: this.text, ...(id === undefined ? {} : { id }) })) }
    }
    return this.#event.bytes
  }
}

const joinTexts = (frames: readonly Encoded[]): string =>
  frames.length === 1 ? frames[0]!.text : frames.map((frame) => frame.text).join('\n')

function encodeMessages(batch: Batch, binary: boolean): Buffer {
  if (!binary || !batch.frames.some((frame) => frame.binary)) return encodeTextMessage(batch.text)
  const messages: Buffer[] = []
  let text: Encoded[] = []
  const endText = () => {
    if (text.length > 0) messages.push(encodeTextMessage(joinTexts(text)))
    text = []
  }
  for (const frame of batch.frames) {
    if (!frame.binary) text.push(frame)
    else {
      endText()
      const { d, ...header } = JSON.parse(frame.text) as { d: string }
      messages.push(encodeMessage(2, encodeBinaryMessage(JSON.stringify(header), fromBase64(d))))
    }
  }
  endText()
  return Buffer.concat(messages)
}

function encodeTextMessage(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const message = Buffer.allocUnsafe(headerLength(length) + length)
  message.write(text, writeHeader(message, 1, length), 'utf8')
  return message
}

function encodeMessage(opcode: 1 | 2, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(headerLength(payload.length) + payload.length)
  message.set(payload, writeHeader(message, opcode, payload.length))
  return message
}

const headerLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

/** RFC 6455 §5.2: one unmasked frame with FIN, as servers send them. Returns where the payload starts. */
function writeHeader(message: Buffer, opcode: 1 | 2, length: number): number {
  message[0] = 0x80 | opcode
  if (length < 126) message[1] = length
  else if (length < 65_536) {
    message[1] = 126
    message.writeUInt16BE(length, 2)
  } else {
    message[1] = 127
    message.writeBigUInt64BE(BigInt(length), 2)
  }
  return headerLength(length)
}
