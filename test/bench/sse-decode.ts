import { createEventDecoder } from '../../src/protocol/sse-decode.ts'

const MEGABYTE = 1_000_000
const TOTAL = 50 * MEGABYTE
const WARM_UP = 20 * MEGABYTE
const CHUNK = 65_536

/** Chunks of a stream of equal events, with the number of events in them. */
function streamOf(dataLength: number): { chunks: Uint8Array[]; events: number; bytes: number } {
  const event = `id: 1234567\nevent: price-update\ndata: ${'x'.repeat(dataLength)}\n\n`
  const events = Math.ceil(TOTAL / event.length)
  const bytes = new TextEncoder().encode(event.repeat(events))
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) chunks.push(bytes.subarray(at, at + CHUNK))
  return { chunks, events, bytes: bytes.length }
}

function decode(chunks: readonly Uint8Array[]): { events: number; ms: number } {
  let events = 0
  const decoder = createEventDecoder({ onEvent: () => events++ })
  const startedAt = performance.now()
  for (const chunk of chunks) decoder.push(chunk)
  return { events, ms: performance.now() - startedAt }
}

/** Prints how fast event streams are decoded: small events of about 110 bytes, and large ones of 8 KB. */
export async function run(): Promise<void> {
  for (const [name, dataLength] of [
    ['110-byte events', 64],
    ['8-KB events', 8150],
  ] as const) {
    const { chunks, events, bytes } = streamOf(dataLength)
    decode(chunks.slice(0, Math.ceil(WARM_UP / CHUNK)))
    const trials = [1, 2, 3].map(() => decode(chunks))
    for (const trial of trials) {
      if (trial.events !== events) throw new Error(`expected ${events} events, got ${trial.events}`)
    }
    const ms = trials.map((trial) => trial.ms).toSorted((one, other) => one - other)[1]!
    console.log(`${name}: ${Math.round(bytes / ms / 1000)} MB/s (median of 3)`)
  }
}
