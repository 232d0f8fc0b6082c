/** Bounds of a retry delay, in milliseconds. */
export interface BackoffOptions {
  /** Ceiling of the first delay. */
  readonly minMs: number
  /** Ceiling that the doubling never passes. */
  readonly maxMs: number
}

/**
 * Capped exponential back-off with full jitter: a random time between `minMs / 2` and the ceiling, which doubles with
 * each attempt. (AWS Architecture Blog, "Exponential Backoff and Jitter", 2015; the floor keeps a run of lucky dice
 * from becoming a storm.)
 * @param attempt - `0` for the first retry
 * @param random - a number in [0, 1), normally from `Math.random`
 */
export function backoffMs(attempt: number, { minMs, maxMs }: BackoffOptions, random: number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30))
  const floor = Math.min(minMs / 2, ceiling)
  return Math.round(floor + random * (ceiling - floor))
}
