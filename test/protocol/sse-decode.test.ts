import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createEventDecoder, type EventDecoderOptions } from '../../src/protocol/sse-decode.ts'

interface Vector {
  readonly id: string
  readonly inputBase64: string
  readonly sourceSplits?: readonly number[] | readonly (readonly number[])[]
  readonly strict: boolean
  readonly expect: {
    readonly events: readonly { readonly type: string; readonly data: string; readonly lastEventId: string }[]
    readonly comments?: readonly string[]
    readonly finalLastEventId: string
    readonly retry: number | null
  }
}

const { vectors } = JSON.parse(readFileSync(new URL('vectors/sse.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}

function decode(pieces: readonly Uint8Array[]): Vector['expect'] {
  const events: { type: string; data: string; lastEventId: string }[] = []
  const comments: string[] = []
  let retry: number | null = null
  const decoder = createEventDecoder({
    onEvent: ({ event, ...rest }) => events.push({ type: event, ...rest }),
    onComment: (comment) => comments.push(comment),
    onRetry: (ms) => {
      retry = ms
    },
  })
  for (const piece of pieces) decoder.push(piece)
  return { events, comments, finalLastEventId: decoder.lastEventId, retry }
}

/** The bytes cut at the given places. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [0, ...places, bytes.length]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))
}

const everyNth = (length: number, n: number) => Array.from({ length: Math.ceil(length / n) - 1 }, (_, k) => (k + 1) * n)

/** mulberry32: the same splits in every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function* splitsOf(bytes: Uint8Array, sourceSplits: Vector['sourceSplits']): Generator<Uint8Array[]> {
  const { length } = bytes
  yield [bytes]
  for (const size of [1, 2, 3]) yield cutAt(bytes, everyNth(length, size))
  if (length <= 2048) for (let at = 1; at < length; at++) yield cutAt(bytes, [at])
  yield cutAt(
    bytes,
    [...bytes.keys()].filter((at) => bytes[at] === 13).map((at) => at + 1),
  )
  if (sourceSplits) yield cutAt(bytes, sourceSplits.flat())
  const random = dice(42)
  for (let round = 0; round < 100; round++) {
    const places = Array.from({ length: 1 + Math.floor(random() * 8) }, () => Math.floor(random() * (length + 1)))
    yield cutAt(
      bytes,
      places.toSorted((one, other) => one - other),
    )
  }
}

const withEmptyPieces = (pieces: readonly Uint8Array[]) => pieces.flatMap((piece) => [new Uint8Array(), piece])

describe('every vector decodes alike under any split', () => {
  test.for(vectors)('$id', ({ inputBase64, sourceSplits, expect: { comments, ...expected } }) => {
    const bytes = new Uint8Array(Buffer.from(inputBase64, 'base64'))
    for (const pieces of splitsOf(bytes, sourceSplits)) {
      for (const chunks of [pieces, withEmptyPieces(pieces)]) {
        const { comments: found, ...decoded } = decode(chunks)
        expect(decoded, `pieces of ${pieces.map(({ length }) => length).join(', ')} bytes`).toEqual(expected)
        expect(found).toEqual(comments ?? found)
      }
    }
  })
})

function feed(options: Partial<EventDecoderOptions> = {}) {
  const events: string[] = []
  const decoder = createEventDecoder({ onEvent: ({ data }) => events.push(data), ...options })
  return { events, push: (text: string) => decoder.push(new TextEncoder().encode(text)), decoder }
}

describe('an event is told as soon as the byte that completes it has arrived', () => {
  test.for(['data: 1\r\r', 'data: 1\r\n\r', 'data: 1\n\r', 'data: 1\n\n'])('%j', (text) => {
    const { events, push } = feed()
    for (const character of text.slice(0, -1)) push(character)
    expect(events).toEqual([])
    push(text.at(-1)!)
    expect(events).toEqual(['1'])
  })

  test('the LF after the CR that told it tells nothing more', () => {
    const { events, push } = feed()
    push('data: 1\r\n\r')
    push('\ndata: 2\n\n')
    expect(events).toEqual(['1', '2'])
  })
})

describe('size', () => {
  test('one line of 5 MiB in one chunk', () => {
    const line = 'x'.repeat(5 * 2 ** 20)
    const { events, push } = feed()
    push(`data: ${line}\n\n`)
    expect(events).toEqual([line])
  })

  test('one line of 10 MiB in two chunks', () => {
    const half = 'QUJD'.repeat((5 * 2 ** 20) / 4)
    const { events, push } = feed()
    push(`data: ${half}`)
    push(`${half}\n\n`)
    expect(events).toEqual([half + half])
  })

  test('a line without an end fails loudly above the limit', () => {
    const { push } = feed({ maxChars: 1000 })
    expect(() => {
      for (let sent = 0; sent < 10_000; sent += 100) push('x'.repeat(100))
    }).toThrow(
      expect.objectContaining({ code: 'bad-frame', retryable: true, message: expect.stringContaining('1000') }),
    )
  })

  test('an event without a blank line fails loudly above the limit', () => {
    const { push } = feed({ maxChars: 1000 })
    expect(() => {
      for (let sent = 0; sent < 10_000; sent += 100) push(`data: ${'x'.repeat(100)}\n`)
    }).toThrow(expect.objectContaining({ code: 'bad-frame' }))
  })

  test('many small events in one chunk larger than the limit are fine', () => {
    const { events, push } = feed({ maxChars: 100 })
    push('data: 1\n\n'.repeat(1000))
    expect(events).toHaveLength(1000)
  })
})

test('an unfinished event and its id are dropped with the stream', () => {
  const { events, push, decoder } = feed()
  push('id: 1\ndata: one\n\nid: 2\ndata: two\n')
  expect(events).toEqual(['one'])
  expect(decoder.lastEventId).toBe('1')
})

test('events without an id carry the one from before the stream', () => {
  const ids: string[] = []
  const decoder = createEventDecoder({ lastEventId: '41', onEvent: ({ lastEventId }) => ids.push(lastEventId) })
  decoder.push(new TextEncoder().encode('data: 1\n\nid: 42\ndata: 2\n\nid\ndata: 3\n\n'))
  expect(ids).toEqual(['41', '42', ''])
})
