/** The list with one more at its end and no more than `size`; a new list each time. */
export function appended<Item>(items: readonly Item[], item: Item, size: number): readonly Item[] {
  const next = items.slice(Math.max(0, items.length + 1 - size))
  next.push(item)
  return next
}
