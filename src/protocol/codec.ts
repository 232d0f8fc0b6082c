import { fromBase64, toBase64 } from './binary.ts'
import { EverwireError } from './errors.ts'
import type { ClientFrame, ServerFrame } from './frame.ts'

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array'
/** Field → kind; a trailing `?` on the field's name: may be absent. */
type Shape = Readonly<Record<string, Kind>>
export type Shapes = Readonly<Record<string, Shape>>

const SERVER_SHAPES: Shapes = {
  open: { v: 'number', cid: 'string', hb: 'number', retry: 'array', lim: 'object', caps: 'array', 'exp?': 'number' },
  m: { c: 'string', i: 'string', e: 'string' },
  sub: { c: 'string', i: 'string', n: 'number' },
  reset: { c: 'string', i: 'string', why: 'string' },
  snap: { c: 'string', i: 'string' },
  unsub: { c: 'string', code: 'number' },
  ack: { id: 'string', i: 'string' },
  err: { 'id?': 'string', 'c?': 'string', code: 'number', msg: 'string', 'retry?': 'number' },
  p: { c: 'string', join: 'array', leave: 'array', n: 'number', 'i?': 'string', 'you?': 'string' },
  hb: { ts: 'number', 're?': 'number' },
  auth: { 'exp?': 'number' },
  bye: { code: 'number', why: 'string', retry: 'array' },
} satisfies Record<ServerFrame['t'], Shape>

const badFrame = (message: string, cause?: unknown) =>
  new EverwireError('bad-frame', message, { retryable: true, cause })

const excerpt = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** Throws `bad-frame` where a field of `value` is not of the kind that `shape` asks for. */
export function assertShape(value: object, shape: Shape, what: string): void {
  for (const [field, kind] of Object.entries(shape)) {
    const name = field.replace('?', '')
    const found = (value as Record<string, unknown>)[name]
    if (kindOf(found) === kind || (found === undefined && name !== field)) continue
    throw badFrame(`${what} needs ${JSON.stringify(name)} to be of type ${kind}, got ${kindOf(found)}`)
  }
}

/** Parses one JSON object; throws `bad-frame` with what came instead. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw badFrame(`${what} must be JSON, got ${excerpt(text)}`, cause)
  }
  if (kindOf(value) !== 'object') throw badFrame(`${what} must be a JSON object, got ${kindOf(value)}`)
  return value as Record<string, unknown>
}

/** The values of a batch's lines: one parse for all, line by line only to say which one is wrong. */
function parseLines(text: string): unknown[] {
  try {
    // JSON holds no raw line break, so every one here separates two frames.
    return JSON.parse(`[${text.replaceAll('\n', ',')}]`) as unknown[]
  } catch {
    return text.split('\n').map((line) => parseObject(line, 'a frame'))
  }
}

/** Decodes a batch, checks every frame's shape, and leaves out frames of an unknown type. */
export function decodeBatch<Frame>(text: string, shapes: Shapes): Frame[] {
  const frames: Frame[] = []
  if (text === '') return frames
  for (const value of parseLines(text)) {
    const frame = value as { t?: unknown; b?: unknown; d?: unknown }
    if (kindOf(value) !== 'object' || typeof frame.t !== 'string') {
      throw badFrame(`a frame must be an object with a string "t", got ${excerpt(JSON.stringify(value))}`)
    }
    if (!Object.hasOwn(shapes, frame.t)) continue
    assertShape(frame, shapes[frame.t]!, `frame ${JSON.stringify(frame.t)}`)
    if (frame.b === 1 && typeof frame.d === 'string') frame.d = fromBase64(frame.d)
    frames.push(frame as Frame)
  }
  return frames
}

/**
 * Decodes a batch from a server: frames joined by `\n`, the same text on all three transports. Binary data arrives as
 * `Uint8Array`. Frames of an unknown type are left out, unknown fields stay.
 * @throws EverwireError `bad-frame`, with the field, what was expected and what came
 */
export const decodeServerBatch = (text: string): ServerFrame[] => decodeBatch<ServerFrame>(text, SERVER_SHAPES)

/** Encodes one frame as one line. A `Uint8Array` as data becomes base64 with `b: 1`. */
export function encodeFrame(frame: ServerFrame | ClientFrame): string {
  const data = (frame as { d?: unknown }).d
  return JSON.stringify(data instanceof Uint8Array ? { ...frame, b: 1, d: toBase64(data) } : frame)
}

/** Encodes frames as one batch. */
export const encodeBatch = (frames: readonly (ServerFrame | ClientFrame)[]): string =>
  frames.map(encodeFrame).join('\n')
