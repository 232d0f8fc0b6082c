import { describe, expect, test } from 'vitest'
import { decodeBinaryMessage, encodeBinaryMessage, fromBase64, toBase64 } from '../../src/protocol/binary.ts'
import { decodeClientBatch, decodeOpenObject, decodeSendObject } from '../../src/protocol/client-codec.ts'
import { decodeServerBatch, encodeBatch, encodeFrame } from '../../src/protocol/codec.ts'
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame.ts'

const POSITION = 'Ep0cH1ab.1-x7QpA9'
const SID = 'abcdefghijklmnopqrstuv'

const SERVER_FRAMES: ServerFrame[] = [
  { t: 'open', v: 1, cid: 'c', hb: 1, retry: [0, 1], lim: { in: 1, data: 1, topics: 1 }, caps: [] },
  { t: 'm', c: 'chat', i: POSITION, e: 'message', d: { text: 'a\nb\u2028c' }, ts: 1, k: 'key' },
  { t: 'm', c: 'chat', i: POSITION, e: 'message' },
  { t: 'sub', c: 'chat', i: POSITION, n: 0 },
  { t: 'reset', c: 'chat', i: POSITION, why: 'epoch' },
  { t: 'snap', c: 'chat', i: POSITION, d: null },
  { t: 'unsub', c: 'chat', code: 4003 },
  { t: 'ack', id: '1', i: POSITION, dup: 1 },
  { t: 'err', code: 4500, msg: 'no' },
  { t: 'p', c: 'chat', join: [], leave: [], n: 0 },
  { t: 'p', c: 'chat', all: 1, i: 'v1', join: [{ user: 'ann', info: 1, conns: 2 }], leave: ['bob'], n: 1 },
  { t: 'hb', ts: 1 },
  { t: 'bye', code: 4100, why: 'drain', retry: [0, 1] },
]

const CLIENT_FRAMES: ClientFrame[] = [
  { t: 'open', v: 1, sid: SID, subs: { chat: null, b: '0', c: POSITION } },
  { t: 'sub', c: { chat: null } },
  { t: 'unsub', c: ['chat'] },
  { t: 'pub', id: '1', c: 'chat', e: 'message', d: [1], k: 'key' },
  { t: 'pres', c: 'chat', on: true },
  { t: 'pres', c: 'chat', on: false, info: { name: 'Ann' }, watch: true, at: 'v1' },
  { t: 'auth', token: 'x' },
  { t: 'hb', ts: 1 },
  { t: 'hb' },
]

test('a batch of server frames comes back', () =>
  expect(decodeServerBatch(encodeBatch(SERVER_FRAMES))).toEqual(SERVER_FRAMES))
test('a batch of client frames comes back', () =>
  expect(decodeClientBatch(encodeBatch(CLIENT_FRAMES))).toEqual(CLIENT_FRAMES))
test('an empty batch has no frames', () => expect(decodeServerBatch('')).toEqual([]))
test('a frame is one line', () => expect(SERVER_FRAMES.map(encodeFrame).join('')).not.toContain('\n'))

test('unknown frames are left out, unknown fields stay', () => {
  expect(decodeServerBatch('{"t":"new"}\n{"t":"hb","ts":1,"x":2}\n{"t":"toString"}\n{"t":"__proto__"}')).toEqual([
    { t: 'hb', ts: 1, x: 2 },
  ])
})

test('data with a __proto__ of its own changes no prototype', () => {
  const [frame] = decodeServerBatch(`{"t":"m","c":"c","i":"${POSITION}","e":"e","d":{"__proto__":{"polluted":1}}}`)
  expect(Object.keys((frame as { d: object }).d)).toEqual(['__proto__'])
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

describe('binary data', () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256)

  test('comes back from a text frame', () => {
    const frame: ServerFrame = { t: 'm', c: 'c', i: POSITION, e: 'e', d: bytes }
    expect(decodeServerBatch(encodeFrame(frame))).toEqual([{ ...frame, b: 1 }])
  })
  test('comes back from base64, and from a binary message', () => {
    expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    expect(decodeBinaryMessage(encodeBinaryMessage('{"ä":1}', bytes))).toEqual({ header: '{"ä":1}', data: bytes })
  })
  test('that is no base64 is a bad frame', () => {
    expect(() => decodeServerBatch(`{"t":"m","c":"c","i":"${POSITION}","e":"e","b":1,"d":"*"}`)).toThrow('base64')
  })
  test('without a header line is a bad frame', () => {
    expect(() => decodeBinaryMessage(new Uint8Array([1, 2]))).toThrow('header line')
  })
})

const badFrame = expect.objectContaining({ code: 'bad-frame' })
const NO_FRAMES = [
  'null',
  '1',
  '"x"',
  '[]',
  '{}',
  '{"t":1}',
  '{',
  'x',
  '{"t":"hb"}x',
  '{"t":"hb","ts":1},{"t":"hb","ts":"2"}',
  '[[[[',
]

describe('bad messages from a server', () => {
  const bad = [
    ...NO_FRAMES,
    '{"t":"hb"}',
    '{"t":"hb","ts":"1"}',
    '{"t":"hb","ts":null}',
    '{"t":"m","c":"chat","i":1,"e":"e"}',
    '{"t":"m","c":"chat","e":"e"}',
    '{"t":"open","v":1,"cid":"c","hb":1,"retry":{},"lim":{},"caps":[]}',
    '{"t":"bye","code":"4100","why":"x","retry":[]}',
    '{"t":"hb","ts":1}\n',
    '\n{"t":"hb","ts":1}',
    `${'['.repeat(100_000)}`,
  ]
  test.for(bad.map((text) => [text.slice(0, 60), text] as const))('%s', ([, text]) => {
    expect(() => decodeServerBatch(text)).toThrow(badFrame)
  })

  test('are told with the field, what was expected and what came', () => {
    expect(() => decodeServerBatch('{"t":"hb","ts":"1"}')).toThrow(
      'frame "hb" needs "ts" to be of type number, got string',
    )
  })
})

describe('bad messages from a client', () => {
  const pub = { t: 'pub', id: '1', c: 'chat', e: 'message', k: 'key' }
  const open = { t: 'open', v: 1, sid: SID, subs: {} }
  const bad = [
    ...NO_FRAMES,
    ...[
      { ...pub, c: 'a b' },
      { ...pub, c: '' },
      { ...pub, e: '' },
      { ...pub, e: 'a\r\nb' },
      { ...pub, e: 'a\0' },
      { ...pub, e: 'x'.repeat(65) },
      { ...pub, k: '' },
      { ...pub, k: 'ä' },
      { ...pub, k: 'x'.repeat(10_000) },
      { ...pub, id: ' ' },
      { ...pub, id: 1 },
      { ...open, sid: 'short' },
      { ...open, sid: `${SID}!` },
      { ...open, subs: [] },
      { ...open, subs: { 'a b': null } },
      { ...open, subs: { chat: 1 } },
      { ...open, subs: { chat: 'e.-1-x' } },
      { t: 'sub', c: { chat: undefined, other: 'x' } },
      { t: 'sub', c: ['chat'] },
      { t: 'unsub', c: [1] },
      { t: 'unsub', c: ['a\nb'] },
      { t: 'pres', c: 'chat', on: 1 },
      { t: 'pres', c: 'chat', on: true, watch: 1 },
      { t: 'pres', c: 'a b', on: true },
      { ...open, pres: [] },
      { ...open, pres: { chat: null } },
      { ...open, pres: { chat: { on: 1 } } },
      { ...open, pres: { 'a b': { on: true } } },
      { t: 'auth' },
    ].map((frame) => JSON.stringify(frame)),
  ]
  test.for(bad.map((text) => [text.slice(0, 80), text] as const))('%s', ([, text]) => {
    expect(() => decodeClientBatch(text)).toThrow(badFrame)
  })
})

describe('the open object', () => {
  test('comes back', () => {
    const object = { v: 1, sid: SID, subs: { chat: POSITION }, pres: { chat: { on: true } }, wait: 1000 }
    expect(decodeOpenObject(JSON.stringify(object))).toEqual(object)
  })
  test.for(['', '[]', '{}', `{"v":1,"sid":"${SID}"}`, `{"v":1,"sid":"${SID}","subs":{},"wait":"1"}`])(
    '%j is none',
    (text) => {
      expect(() => decodeOpenObject(text)).toThrow(badFrame)
    },
  )
})

describe('the send object', () => {
  const pub = { t: 'pub', id: '1', c: 'chat', e: 'message', k: 'key' }
  const send = (f: unknown) => JSON.stringify({ v: 1, sid: SID, f })

  test('comes back', () => expect(decodeSendObject(send([pub])).f).toEqual([pub]))
  test.for([
    ['what is no list', {}],
    ['a frame that sends nothing', [{ t: 'hb' }]],
    ['a bad frame', [{ ...pub, c: '' }]],
    ['no frame at all', [null]],
    ['more than 32 frames', Array.from({ length: 33 }, () => pub)],
  ] as const)('%s is refused', ([, f]) => expect(() => decodeSendObject(send(f))).toThrow(badFrame))
})
