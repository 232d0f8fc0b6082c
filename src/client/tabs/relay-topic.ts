import type { MessageFrame } from '../../protocol/frame.ts'
import { type From, parsePosition, type Position } from '../../protocol/position.ts'

/** Most messages of a topic that are kept for tabs that come later, or come back. */
const RING = 1_000

/** One topic as the hub knows it: what it can say to tabs without asking the server. */
export interface RelayRing {
  /** The newest message or place that the tabs were told. */
  head: Position | undefined
  /** Adds a message. `false`: it lies before the head, and is history that no tab waits for. */
  push(frame: MessageFrame): boolean
  /** Continuity was lost; the place from here on. */
  restart(head: Position): void
  /** Every message after `from`, or `undefined` where only the server can say. */
  after(from: From): readonly MessageFrame[] | undefined
}

/** @param complete - it is fed from the oldest message that the server keeps */
export function createRelayRing(complete: boolean): RelayRing {
  let frames: MessageFrame[] = []
  let isComplete = complete
  const ring: RelayRing = {
    head: undefined,
    push(frame) {
      const at = parsePosition(frame.i)
      const head = parsePosition(ring.head ?? '')
      const isNew = !at || !head || at.epoch !== head.epoch || at.offset > head.offset
      frames.push(frame)
      if (frames.length > 2 * RING) {
        frames = frames.slice(-RING)
        isComplete = false
      }
      if (isNew) ring.head = frame.i
      return isNew
    },
    restart(head) {
      frames = []
      isComplete = false
      ring.head = head
    },
    after(from) {
      if (from === null) return []
      if (from === '0') return isComplete ? frames : undefined
      if (from === ring.head) return []
      const index = frames.findIndex(({ i }) => i === from)
      if (index >= 0) return frames.slice(index + 1)
      const place = parsePosition(from)
      const first = parsePosition(frames[0]?.i ?? '')
      const follows = place && first && first.epoch === place.epoch && first.offset === place.offset + 1
      return follows ? frames : undefined
    },
  }
  return ring
}
