/** So many changes within a second are no user's doing. React itself gives up at 25 in one render. */
const MOST = 20
const WITHIN_MS = 1000

interface Watched {
  since: number
  changes: number
  latest: readonly unknown[]
  warned: boolean
}

const watched = new WeakMap<object, Watched>()

/**
 * In development: warns once of a component whose topic, definition or URL is another one each time it renders.
 * @param component - what stays the same over its renders
 */
export function watchChurn(component: object, keys: readonly unknown[]): void {
  // One key alone is a value that may well change all the time, such as what a presence says.
  if (keys.length < 2) return
  const now = Date.now()
  const before = watched.get(component)
  // In development React renders twice.
  if (before?.latest.every((key, index) => Object.is(key, keys[index]))) return
  const watch =
    before && now - before.since < WITHIN_MS
      ? before
      : { since: now, changes: 0, latest: keys, warned: before?.warned ?? false }
  watch.latest = keys
  watched.set(component, watch)
  if (++watch.changes < MOST || watch.warned) return
  watch.warned = true
  const latest = keys.filter((key) => typeof key === 'string').join(' ')
  console.warn(
    `a hook was given another topic, definition or URL ${MOST} times within a second, the last one is "${latest}": ` +
      'each of them subscribes anew, so make the name of what does not change between renders',
  )
}
