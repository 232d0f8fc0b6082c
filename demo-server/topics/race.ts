const MAX_BURST = 5000

/**
 * How many messages a visitor's message asks for: none, unless it is `go`.
 * @throws TypeError that says what was expected and what came
 */
export function readRaceMessage(event: string, data: unknown): number {
  if (event === 'probe') return 0
  if (event !== 'go') throw new TypeError(`a race takes "probe" and "go", got ${JSON.stringify(event)}`)
  const count = typeof data === 'object' && data !== null ? (data as { count?: unknown }).count : undefined
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_BURST) {
    throw new TypeError(`"count" must be a whole number from 1 to ${MAX_BURST}, got ${JSON.stringify(count)}`)
  }
  return count
}
