import type { Socket } from 'node:net'
import type { Scope } from '../../../src/lib/scope.ts'
import type { Store } from '../../../src/lib/store.ts'
import type { FaultSettings } from './settings.ts'

/** One direction of a connection: bytes go in as they come and out as the settings want. */
export interface Shaper {
  push(bytes: Buffer): void
  /** The end, behind all bytes. */
  end(): void
  /** Looks at the settings again. */
  update(): void
}

interface Target {
  write(bytes: Buffer): void
  end(): void
}

/** A small seeded generator (mulberry32), so that a run can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Above this many waiting bytes the source is paused, so that a slow link pushes back as a real one does. */
const HIGH_WATER_BYTES = 262_144

export function createShaper(source: Socket, target: Target, settings: Store<FaultSettings>, scope: Scope): Shaper {
  const queue: { bytes: Buffer | 'end'; dueMs: number }[] = []
  let waitingBytes = 0
  let lastDueMs = 0
  let random: (() => number) | undefined
  let cancelPump = () => {}

  const later = (ms: number) => {
    cancelPump()
    cancelPump = scope.after(ms, pump)
  }
  const nextTurn = () => {
    cancelPump()
    const immediate = setImmediate(() => {
      forget()
      pump()
    })
    const cancel = () => clearImmediate(immediate)
    const forget = scope.defer(cancel)
    cancelPump = () => {
      forget()
      cancel()
    }
  }

  /** The bytes of one write; the rest stays first in line. */
  function takePiece(bytes: Buffer): Buffer {
    const { chunk } = settings.get()
    let size = bytes.length
    if (typeof chunk === 'object') {
      random ??= createRandom(chunk.seed)
      size = 1 + Math.floor(random() * chunk.max)
    } else if (chunk > 0) size = chunk
    if (size >= bytes.length) queue.shift()
    else queue[0]!.bytes = bytes.subarray(size)
    const piece = bytes.subarray(0, size)
    waitingBytes -= piece.length
    return piece
  }

  function pump() {
    for (;;) {
      const head = queue[0]
      if (!head || scope.stopped || settings.get().stalled) return
      const waitMs = head.dueMs - performance.now()
      if (waitMs > 0) return later(waitMs)
      if (head.bytes === 'end') {
        queue.shift()
        target.end()
        return
      }
      target.write(takePiece(head.bytes))
      if (waitingBytes < HIGH_WATER_BYTES) source.resume()
      // Each piece in a turn of its own, or the kernel hands them over as one.
      if (settings.get().chunk !== 0) return nextTurn()
    }
  }

  function enqueue(bytes: Buffer | 'end', size: number) {
    const { latencyMs, jitterMs, bytesPerSecond } = settings.get()
    const travelMs = latencyMs + Math.random() * jitterMs
    const sendMs = bytesPerSecond > 0 ? (size / bytesPerSecond) * 1000 : 0
    lastDueMs = Math.max(lastDueMs, performance.now() + travelMs) + sendMs
    queue.push({ bytes, dueMs: lastDueMs })
    waitingBytes += size
    if (waitingBytes >= HIGH_WATER_BYTES) source.pause()
    if (queue.length === 1) pump()
  }

  return {
    push(bytes) {
      // A slow link hands over small pieces, not one late block.
      const { bytesPerSecond } = settings.get()
      const step = bytesPerSecond > 0 ? Math.max(1, Math.ceil(bytesPerSecond / 50)) : bytes.length
      for (let at = 0; at < bytes.length; at += step) {
        const piece = bytes.subarray(at, at + step)
        enqueue(piece, piece.length)
      }
    },
    end: () => enqueue('end', 0),
    update: pump,
  }
}
