import { createEmitter } from './emitter.ts'
import { isHidden } from './page-signals.ts'
import { clampDelay } from './scope.ts'

/**
 * When the listeners of a view hear of a change.
 * - `frame`: at once after a pause, under load once per animation frame; never later than that
 * - a number: at once after a pause, then at most once in so many milliseconds
 * - `sync`: at once, each time
 */
export type Flush = 'frame' | 'sync' | number

/** `soon`: as the clock says. `now`: whatever the clock says. `later`: with what follows, at the clock's next tick. */
export type Urgency = 'soon' | 'now' | 'later'

/** A value as its listeners see it: it changes when the clock lets it, and is the newest one while nobody listens. */
export interface View<Value> {
  getSnapshot(): Value
  subscribe(listener: () => void): () => void
  /** Says that the value is to be read again. */
  changed(urgency: Urgency): void
}

/**
 * So many changes in a frame are no load. Holding them back until the next frame would cost 8 ms of latency on average;
 * from 240 a second on it saves more renders than it costs.
 */
const CALM = 3

/** Pace where frames are not drawn, and how long a frame may take before a timer stands in for it, in milliseconds. */
const HIDDEN_MS = 16
const STALLED_MS = 250

interface FrameGlobals {
  readonly requestAnimationFrame?: (run: () => void) => number
  readonly cancelAnimationFrame?: (frame: number) => void
}

const due = new Set<() => void>()
let disarm = () => {}

function runDue(): void {
  disarm()
  const runs = [...due]
  due.clear()
  for (const run of runs) run()
}

/** Runs once in the next frame, all views in one task, so that React renders them together. Returns a cancel. */
function onNextFrame(run: () => void): () => void {
  if (!due.size) {
    const { requestAnimationFrame, cancelAnimationFrame } = globalThis as FrameGlobals
    const frame = isHidden() ? undefined : requestAnimationFrame?.(runDue)
    // No frame is drawn any more when the page is hidden in between, or scrolled away in a frame of another origin.
    const timer = setTimeout(runDue, frame === undefined ? HIDDEN_MS : STALLED_MS)
    disarm = () => {
      clearTimeout(timer)
      if (frame !== undefined) cancelAnimationFrame?.(frame)
    }
  }
  due.add(run)
  return () => {
    if (due.delete(run) && !due.size) disarm()
  }
}

function afterDelay(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, clampDelay(ms))
  return () => clearTimeout(timer)
}

/**
 * @param read - gives the newest value, the same one until something changes
 * @param acquire - called for each listener, what it returns when that one leaves
 */
export function createView<Value>(read: () => Value, flush: Flush, acquire: () => () => void): View<Value> {
  const listeners = createEmitter<void>()
  let shown: Value
  let waiting = 0
  let stopClock: (() => void) | undefined

  function publish(): void {
    waiting = 0
    const next = read()
    if (Object.is(next, shown)) return
    shown = next
    listeners.emit()
  }

  function tick(): void {
    stopClock = undefined
    const busy = flush !== 'frame' || waiting > CALM
    if (!waiting) return
    publish()
    if (busy) startClock()
  }

  function startClock(): void {
    stopClock ??= typeof flush === 'number' ? afterDelay(flush, tick) : onNextFrame(tick)
  }

  return {
    getSnapshot: () => (listeners.size ? shown : read()),
    subscribe(listener) {
      if (!listeners.size) shown = read()
      const off = listeners.on(listener)
      const release = acquire()
      return () => {
        off()
        release()
        if (listeners.size) return
        stopClock?.()
        stopClock = undefined
        waiting = 0
      }
    },
    changed(urgency) {
      if (!listeners.size) return
      waiting++
      const wait = urgency === 'later' || (urgency === 'soon' && stopClock)
      if (flush === 'sync' || !wait) publish()
      if (flush !== 'sync' && urgency !== 'now') startClock()
    },
  }
}
