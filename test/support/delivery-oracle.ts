/** What went wrong between a log of published numbers and a log of received ones, each in its own order. */
export interface Judgement {
  /** Published and never received. */
  readonly lost: readonly number[]
  /** Received again. */
  readonly doubled: readonly number[]
  /** Received after one that was published later. */
  readonly reordered: readonly number[]
  /** Received, but never published. */
  readonly invented: readonly number[]
}

/** Once, in order, and nothing else. */
export const FLAWLESS: Judgement = { lost: [], doubled: [], reordered: [], invented: [] }

/** Judges by the two logs alone, never by what a library says about itself. Numbers in the published log are unique. */
export function judgeDelivery(published: readonly number[], received: readonly number[]): Judgement {
  const rank = new Map(published.map((number, index) => [number, index]))
  const seen = new Set<number>()
  const judgement = {
    lost: [] as number[],
    doubled: [] as number[],
    reordered: [] as number[],
    invented: [] as number[],
  }
  let latest = -1
  for (const number of received) {
    const index = rank.get(number)
    if (index === undefined) judgement.invented.push(number)
    else if (seen.has(number)) judgement.doubled.push(number)
    else if (index < latest) judgement.reordered.push(number)
    latest = Math.max(latest, index ?? -1)
    seen.add(number)
  }
  for (const number of published) if (!seen.has(number)) judgement.lost.push(number)
  return judgement
}
