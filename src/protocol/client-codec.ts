import { assertShape, decodeBatch, parseObject, type Shapes } from './codec.ts'
import { EverwireError } from './errors.ts'
import type { ClientFrame, OpenObject, PubFrame, SendObject } from './frame.ts'
import { isTopic, LIMITS } from './limits.ts'
import { isFrom } from './position.ts'

// What a server reads. Kept apart from what clients read, so that no client carries it.

const WISH = { on: 'boolean', 'watch?': 'boolean', 'at?': 'string' } as const

const CLIENT_SHAPES: Shapes = {
  open: {
    v: 'number',
    sid: 'string',
    subs: 'object',
    'pres?': 'object',
    'auth?': 'string',
    'caps?': 'array',
    'wait?': 'number',
    'pad?': 'number',
  },
  sub: { c: 'object' },
  unsub: { c: 'array' },
  pub: { id: 'string', c: 'string', e: 'string', k: 'string' },
  pres: { c: 'string', ...WISH },
  auth: { token: 'string' },
  hb: { 'ts?': 'number' },
} satisfies Record<ClientFrame['t'], Shapes[string]>

const fail = (message: string): never => {
  throw new EverwireError('bad-frame', message)
}

const quote = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 80)

function assertTopicName(name: unknown): void {
  if (typeof name !== 'string' || !isTopic(name)) {
    fail(`a topic must be 1 to ${LIMITS.topicBytes} of A-Z a-z 0-9 _ . ~ @ : / -, got ${quote(name)}`)
  }
}

/** Printable ASCII, since names travel in headers, logs and keys. */
function assertName(name: string, what: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(name))
    fail(`${what} must be 1 to ${LIMITS.nameChars} printable ASCII characters, got ${quote(name)}`)
}

function assertSubs(subs: object): void {
  for (const [topic, from] of Object.entries(subs)) {
    assertTopicName(topic)
    if (!isFrom(from)) fail(`topic ${quote(topic)} must start at a position, "0" or null, got ${quote(from)}`)
  }
}

function assertPub(frame: PubFrame): void {
  assertTopicName(frame.c)
  assertName(frame.id, '"id"')
  assertName(frame.k, 'the idempotency key "k"')
  // An event's name may be any text without control characters: it is not written into headers.
  if (frame.e === '' || frame.e.length > LIMITS.nameChars || /\p{Cc}/u.test(frame.e)) {
    fail(`an event name must be 1 to ${LIMITS.nameChars} characters without control characters, got ${quote(frame.e)}`)
  }
}

function assertOpen(open: OpenObject): void {
  if (!/^[\w-]{8,64}$/.test(open.sid)) fail(`"sid" must be 8 to 64 base64url characters, got ${quote(open.sid)}`)
  assertSubs(open.subs)
  for (const [topic, wish] of Object.entries(open.pres ?? {})) {
    assertTopicName(topic)
    if (typeof wish !== 'object' || wish === null) fail(`the presence of ${quote(topic)} must be an object`)
    assertShape(wish, WISH, `the presence of ${quote(topic)}`)
  }
}

/** Decodes the open object of SSE and long poll. Throws `bad-frame`. */
export function decodeOpenObject(text: string): OpenObject {
  const value = parseObject(text, 'the open object')
  assertShape(value, CLIENT_SHAPES['open']!, 'the open object')
  const open = value as unknown as OpenObject
  assertOpen(open)
  return open
}

/** Decodes a batch from a client and checks all that a frame can say. Throws `bad-frame`. */
export function decodeClientBatch(text: string): ClientFrame[] {
  const frames = decodeBatch<ClientFrame>(text, CLIENT_SHAPES)
  for (const frame of frames) {
    if (frame.t === 'open') assertOpen(frame)
    else if (frame.t === 'sub') assertSubs(frame.c)
    else if (frame.t === 'unsub') frame.c.forEach(assertTopicName)
    else if (frame.t === 'pub') assertPub(frame)
    else if (frame.t === 'pres') assertTopicName(frame.c)
  }
  return frames
}

/** Decodes the body of `POST send`. Throws `bad-frame`. */
export function decodeSendObject(text: string): SendObject {
  const value = parseObject(text, 'the send object')
  assertShape(value, { v: 'number', sid: 'string', f: 'array', 'auth?': 'string' }, 'the send object')
  const { f } = value as { f: unknown[] }
  if (f.length > LIMITS.sendFrames) fail(`one send carries at most ${LIMITS.sendFrames} frames, got ${f.length}`)
  const frames = decodeClientBatch(f.map((frame) => JSON.stringify(frame)).join('\n'))
  for (const frame of frames) {
    if (frame.t !== 'pub') fail(`a send carries frames of type "pub", got ${quote(frame.t)}`)
  }
  return { ...(value as unknown as SendObject), f: frames as PubFrame[] }
}
