import type { Scope } from '../../src/lib/scope.ts'

/** Publishes 1, 2, 3… at a steady rate. */
export interface Publisher {
  /** What the other side says it has stored, in that order. */
  readonly stored: readonly number[]
  /** Ends it and resolves when every publish was answered. */
  stop(): Promise<void>
}

/** @param most - it ends by itself after so many */
export function startPublisher(
  scope: Scope,
  publish: (number: number) => Promise<unknown>,
  { perSecond, most }: { perSecond: number; most: number },
): Publisher {
  const stored: number[] = []
  const pending = new Set<Promise<unknown>>()
  const running = scope.child()
  const startedMs = performance.now()
  let next = 1
  const step = () => {
    const due = Math.min(most, Math.floor(((performance.now() - startedMs) * perSecond) / 1000))
    for (; next <= due; next++) {
      const number = next
      const publishing = publish(number).then(() => {
        stored.push(number)
        pending.delete(publishing)
      })
      pending.add(publishing)
    }
    if (next <= most) running.after(1000 / perSecond, step)
  }
  step()
  return {
    stored,
    async stop() {
      running.stop()
      await Promise.all(pending)
    },
  }
}
