import { Batch, type Encoded } from './encoded.ts'

/** Something whose waiting frames leave at the end of the tick. */
export interface Flushable {
  flush(now: number): void
}

export interface Flusher {
  /** Flushes it after this tick, in the order of `add`. */
  add(flushable: Flushable): void
  stop(): void
}

/** How long one slice may keep the event loop, in milliseconds. */
const SLICE_MS = 4

/**
 * Writes what is due once a tick, so that all frames of a tick leave a connection as one batch, and in slices, so that
 * a message to very many connections does not stop everything else. Under load slices come later and batches grow.
 */
export function createFlusher(): Flusher {
  let due: Flushable[] = []
  let done = 0
  let immediate: NodeJS.Immediate | undefined

  function run(): void {
    immediate = undefined
    let now = performance.now()
    const end = now + SLICE_MS
    while (done < due.length && now < end) {
      due[done++]!.flush(now)
      // Asking for the time costs as much as some writes.
      if ((done & 15) === 0) now = performance.now()
    }
    if (done < due.length) immediate = setImmediate(run)
    else {
      due = []
      done = 0
    }
  }

  return {
    add(flushable) {
      due.push(flushable)
      immediate ??= setImmediate(run)
    },
    stop() {
      clearImmediate(immediate)
      due = []
    },
  }
}

/** Makes batches, and gives the last one again where the frames are the same: most connections of a topic get the same. */
export function createBatcher(): (frames: readonly Encoded[]) => Batch {
  let last: Batch | undefined
  return (frames) => {
    if (last?.frames.length === frames.length && frames.every((frame, at) => frame === last!.frames[at])) return last
    last = new Batch(frames)
    return last
  }
}
