/** How long an empty bucket stays closed, so that what a client sent behind a refused message does not overtake it. */
const CLOSED_MS = 100

/** Token buckets, one per client. */
export interface RateLimiter {
  /** Takes one token; returns `0`, or after how many milliseconds there is one again. */
  take(this: void, client: string): number
  /** Forgets the buckets that are full again. */
  sweep(): void
}

interface Bucket {
  readonly tokens: number
  readonly at: number
  readonly closedUntil: number
}

export function createRateLimiter(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const refilled = ({ tokens, at }: Bucket, time: number) => Math.min(burst, tokens + ((time - at) * perSecond) / 1_000)
  return {
    take(client) {
      const time = now()
      const bucket = buckets.get(client) ?? { tokens: burst, at: time, closedUntil: 0 }
      if (time < bucket.closedUntil) return Math.ceil(bucket.closedUntil - time)
      const tokens = refilled(bucket, time)
      if (tokens >= 1) {
        buckets.set(client, { tokens: tokens - 1, at: time, closedUntil: 0 })
        return 0
      }
      const waitMs = Math.max(CLOSED_MS, Math.ceil(((1 - tokens) * 1_000) / perSecond))
      buckets.set(client, { tokens, at: time, closedUntil: time + waitMs })
      return waitMs
    },
    sweep() {
      const time = now()
      for (const [client, bucket] of buckets) if (refilled(bucket, time) >= burst) buckets.delete(client)
    },
  }
}
