/** Token buckets, one per client. */
export interface RateLimiter {
  /** Takes one token; returns `0`, or after how many milliseconds there is one again. */
  take(client: string): number
  /** Forgets the buckets that are full again. */
  sweep(): void
}

export function createRateLimiter(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const refilled = ({ tokens, at }: { tokens: number; at: number }, time: number) =>
    Math.min(burst, tokens + ((time - at) * perSecond) / 1_000)
  return {
    take(client) {
      const time = now()
      const bucket = buckets.get(client) ?? { tokens: burst, at: time }
      const tokens = refilled(bucket, time)
      const isEmpty = tokens < 1
      buckets.set(client, { tokens: isEmpty ? tokens : tokens - 1, at: time })
      return isEmpty ? Math.ceil(((1 - tokens) * 1_000) / perSecond) : 0
    },
    sweep() {
      const time = now()
      for (const [client, bucket] of buckets) if (refilled(bucket, time) >= burst) buckets.delete(client)
    },
  }
}
