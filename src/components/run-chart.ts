import { drawChart, readLook } from './draw-chart.ts'
import type { Series } from './chart-series.ts'

const LOOK_EVERY_MS = 500
/** Where people ask for less motion the line moves in steps. */
const CALM_EVERY_MS = 1000

export interface ChartRun {
  readonly windowMs: number
  /** The right edge is the last point, not now. */
  readonly isStill: boolean
  readonly format: (value: number) => string
}

/**
 * Draws a series while the page is visible: when there are new points, when the line has moved on by a pixel, and when
 * the canvas has another size. Returns what ends it.
 */
export function runChart(
  canvas: HTMLCanvasElement,
  series: Series,
  { windowMs, isStill, format }: ChartRun,
): () => void {
  const calm = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)')
  let frame = 0
  let drawnAt = -Infinity
  let drawnTo: number | undefined
  let drawnWidth = 0
  let look = readLook(canvas)
  let lookedAt = performance.now()

  const draw = (now: number) => {
    frame = requestAnimationFrame(draw)
    const last = series.last?.at
    const { clientWidth } = canvas
    const isResized = clientWidth !== drawnWidth
    const pixelMs = windowMs / Math.max(1, clientWidth)
    // A new scheme is a new look: nothing tells of it but the colours themselves.
    const isDue = now - drawnAt >= (calm?.matches ? CALM_EVERY_MS : Math.min(pixelMs, LOOK_EVERY_MS))
    const isNews = last !== drawnTo && !calm?.matches
    if (!isDue && !isNews && !isResized) return
    if (now - lookedAt >= LOOK_EVERY_MS) {
      look = readLook(canvas)
      lookedAt = now
    }
    drawnAt = now
    drawnTo = last
    drawnWidth = clientWidth
    // A frame's time is that of its beginning; points of the same frame may be later.
    drawChart(canvas, series, {
      now: isStill ? (last ?? now) : Math.max(now, last ?? 0),
      windowMs,
      format,
      look,
    })
  }
  frame = requestAnimationFrame(draw)
  return () => cancelAnimationFrame(frame)
}
