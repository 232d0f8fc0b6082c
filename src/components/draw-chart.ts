import type { Series } from './chart-series.ts'

/** What a drawing needs beside the points. */
export interface ChartView {
  /** The time at the right edge, and how much of it is shown, in milliseconds. */
  readonly now: number
  readonly windowMs: number
  readonly format: (value: number) => string
  readonly look: ChartLook
}

export interface ChartLook {
  readonly line: string
  readonly grid: string
  readonly text: string
  readonly font: string
  readonly isRightToLeft: boolean
}

/** The look comes from CSS, as properties that a canvas does not use itself; custom ones would come unresolved. */
export function readLook(canvas: HTMLCanvasElement): ChartLook {
  const { color, outlineColor, caretColor, fontFamily, direction } = getComputedStyle(canvas)
  const isRightToLeft = direction === 'rtl'
  return { line: color, grid: outlineColor, text: caretColor, font: `11px ${fontFamily}`, isRightToLeft }
}

const INSET = 14

/** Draws everything anew. Two values a column of pixels, whatever the number of points. */
export function drawChart(canvas: HTMLCanvasElement, series: Series, view: ChartView): void {
  const { now, windowMs, format, look } = view
  const context = canvas.getContext('2d')
  const ratio = devicePixelRatio || 1
  const { clientWidth: width, clientHeight: height } = canvas
  if (!context || width === 0 || height === 0) return
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)

  const from = now - windowMs
  const columns = series.buckets(from, now, Math.max(1, Math.floor(width)))
  let low = Infinity
  let high = -Infinity
  for (const { min, max } of columns) {
    if (min < low) low = min
    if (max > high) high = max
  }
  if (columns.length === 0) return
  const isFlat = high === low
  const spread = isFlat ? 1 : high - low
  const y = (value: number) => (isFlat ? height / 2 : height - INSET - ((value - low) / spread) * (height - 2 * INSET))
  const x = (time: number) => ((time - from) / windowMs) * width

  context.lineWidth = 1
  context.strokeStyle = look.grid
  context.beginPath()
  for (const value of isFlat ? [low] : [low, high]) {
    context.moveTo(0, Math.round(y(value)) + 0.5)
    context.lineTo(width, Math.round(y(value)) + 0.5)
  }
  context.stroke()

  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.strokeStyle = look.line
  context.beginPath()
  columns.forEach(({ from: time, min, max, last }, index) => {
    const at = x(time)
    if (index === 0) context.moveTo(at, y(min))
    context.lineTo(at, y(max))
    if (min !== max) context.lineTo(at, y(min))
    context.lineTo(at, y(last))
  })
  context.stroke()

  // The scale stands at the side where reading begins, where the oldest points are in left-to-right pages.
  context.font = look.font
  context.fillStyle = look.text
  context.textAlign = look.isRightToLeft ? 'right' : 'left'
  const side = look.isRightToLeft ? width - 4 : 4
  context.textBaseline = 'bottom'
  context.fillText(format(high), side, y(high) - 1)
  if (isFlat) return
  context.textBaseline = 'top'
  context.fillText(format(low), side, y(low) + 2)
}
