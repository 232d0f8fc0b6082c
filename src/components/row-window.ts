import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core'
import { createEmitter } from '../lib/emitter.ts'

/** The rows of a long list that are near what can be seen; replaced, never changed. */
export interface VisibleRows {
  readonly items: readonly VirtualItem[]
  /** The height of all rows, in pixels. */
  readonly height: number
  /** The list stands at its end, and follows what is added. */
  readonly isAtEnd: boolean
}

/** What a list is virtualised with, in the shape `useSyncExternalStore` reads. */
export interface RowWindow {
  subscribe(this: void, listener: () => void): () => void
  getSnapshot(this: void): VisibleRows
  /** Watches the scrolling element; returns what ends it. */
  mount(this: void, element: HTMLElement): () => void
  /** The keys of the rows now, after each render that changed them. */
  update(this: void, keys: readonly number[]): void
  /** Learns the height of a row that was rendered. */
  measure(this: void, row: HTMLElement | null): void
  scrollToEnd(this: void): void
}

const NO_ROWS: VisibleRows = Object.freeze({ items: [], height: 0, isAtEnd: true })
const ROW_PX = 28
const OVERSCAN = 8

/** Rows beyond what is visible are not rendered; the place of what is read stays while rows are added or dropped. */
export function createRowWindow(): RowWindow {
  const changed = createEmitter<void>()
  let element: HTMLElement | null = null
  let keys: readonly number[] = []
  let shown = NO_ROWS
  /** New rows are followed until somebody scrolls back; what is added or measured moves the end, and nobody. */
  let isAtEnd = true
  let scrolled = { top: 0, height: 0 }
  const optionsNow = () => ({
    count: keys.length,
    getScrollElement: () => element,
    estimateSize: () => ROW_PX,
    getItemKey: (index: number) => keys[index] ?? index,
    overscan: OVERSCAN,
    anchorTo: 'end' as const,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    // Rows that are measured are placed in the next frame: within the observer's own it would complain of a loop.
    useAnimationFrameWithResizeObserver: true,
    onChange: publish,
  })
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(optionsNow())

  function publish(): void {
    const items = virtualizer.getVirtualItems()
    const height = virtualizer.getTotalSize()
    const same =
      height === shown.height &&
      isAtEnd === shown.isAtEnd &&
      items.length === shown.items.length &&
      items.every((item, index) => {
        const before = shown.items[index]!
        return item.key === before.key && item.start === before.start && item.index === before.index
      })
    if (same) return
    shown = { items, height, isAtEnd }
    changed.emit()
  }

  function look(): void {
    if (!element) return
    const { scrollTop: top, scrollHeight: height, clientHeight } = element
    if (height - top - clientHeight < ROW_PX) isAtEnd = true
    else if (top < scrolled.top && height >= scrolled.height) isAtEnd = false
    scrolled = { top, height }
    publish()
  }

  function follow(): void {
    if (isAtEnd) virtualizer.scrollToEnd()
    publish()
  }

  return {
    subscribe: (listener) => changed.on(listener),
    getSnapshot: () => shown,
    mount(scroller) {
      element = scroller
      const stop = virtualizer._didMount()
      virtualizer._willUpdate()
      scroller.addEventListener('scroll', look, { passive: true })
      follow()
      return () => {
        scroller.removeEventListener('scroll', look)
        stop()
        element = null
      }
    },
    update(next) {
      keys = next
      virtualizer.setOptions(optionsNow())
      virtualizer._willUpdate()
      follow()
    },
    measure: (row) => virtualizer.measureElement(row),
    scrollToEnd() {
      isAtEnd = true
      follow()
    },
  }
}
