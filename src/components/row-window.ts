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
  const optionsNow = () => ({
    count: keys.length,
    getScrollElement: () => element,
    estimateSize: () => ROW_PX,
    getItemKey: (index: number) => keys[index] ?? index,
    overscan: OVERSCAN,
    anchorTo: 'end' as const,
    followOnAppend: true,
    scrollEndThreshold: ROW_PX,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: publish,
  })
  const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(optionsNow())

  function publish(): void {
    const items = virtualizer.getVirtualItems()
    const height = virtualizer.getTotalSize()
    const isAtEnd = !element || virtualizer.isAtEnd(ROW_PX)
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

  return {
    subscribe: (listener) => changed.on(listener),
    getSnapshot: () => shown,
    mount(scroller) {
      element = scroller
      const stop = virtualizer._didMount()
      virtualizer._willUpdate()
      virtualizer.scrollToEnd()
      publish()
      return () => {
        stop()
        element = null
      }
    },
    update(next) {
      keys = next
      virtualizer.setOptions(optionsNow())
      virtualizer._willUpdate()
      publish()
    },
    measure: (row) => virtualizer.measureElement(row),
    scrollToEnd: () => virtualizer.scrollToEnd(),
  }
}
