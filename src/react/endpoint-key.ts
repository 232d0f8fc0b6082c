/**
 * The same text for options of the same value: the order of keys and what is `undefined` do not count, and of functions
 * only whether there is one.
 */
export const endpointKey = (...values: readonly unknown[]): string =>
  JSON.stringify(values, (_, value: unknown) => {
    if (typeof value === 'function') return 'function'
    if (typeof value !== 'object' || !value || Array.isArray(value)) return value
    // Headers, FormData and URLSearchParams hold what they are in their entries; sorting is for plain objects.
    if (Symbol.iterator in value) return [...(value as Iterable<unknown>)]
    const entries = Object.entries(value).filter(([, field]) => field !== undefined)
    return entries.sort(([a], [b]) => (a < b ? -1 : 1))
  })
