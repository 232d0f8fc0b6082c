import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  acquit,
  climbDelay,
  createLadder,
  demote,
  forgetFailures,
  type Ladder,
  type LadderSettings,
  promote,
  recordVerdicts,
  rungsAbove,
  startOrder,
  strike,
} from '../../src/client/ladder.ts'
import type { VerdictReason } from '../../src/client/verdict.ts'

const NAMES = ['websocket', 'sse', 'longpoll'] as const
const SETTINGS: LadderSettings = {
  names: NAMES,
  raceAfterMs: 300,
  proveWithinMs: 5_000,
  stableMs: 10_000,
  climb: { minMs: 10_000, maxMs: 600_000 },
  retry: { minMs: 500, maxMs: 5_000 },
}

const ascending = (a: number, b: number) => a - b
const rung = fc.nat(2)
const reason = fc.constantFrom<VerdictReason>('refused', 'hung', 'silent', 'muted', 'flapping')
const change = fc.oneof(
  rung.map((at) => (ladder: Ladder) => strike(ladder, at)),
  rung.map((at) => (ladder: Ladder) => demote(ladder, at)),
  rung.map((at) => (ladder: Ladder) => promote(ladder, at)),
  rung.map((at) => (ladder: Ladder) => acquit(ladder, at)),
  rung.map((at) => (ladder: Ladder) => ({ ...ladder, remembered: at, climbs: ladder.climbs + 1 })),
  fc.constant(forgetFailures),
  fc.tuple(rung, reason).map(
    ([at, why]) =>
      (ladder: Ladder) =>
        recordVerdicts(ladder, [{ transport: NAMES[at]!, reason: why, detail: '', at: 0 }]),
  ),
)

test('whatever is recorded: a race starts only what may start, each once, and forgetting brings every usable rung back', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      fc.option(rung, { nil: undefined }),
      fc.array(change, { maxLength: 40 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (unsupported, remembered, changes, random) => {
        let ladder = createLadder(unsupported, remembered)
        for (const next of changes) {
          const before = JSON.stringify(ladder)
          const kept = ladder
          ladder = next(ladder)
          // A record is replaced, never changed.
          expect(JSON.stringify(kept)).toBe(before)
          const order = startOrder(ladder)
          const may = [0, 1, 2].filter((at) => !ladder.rungs[at]!.unsupported && !ladder.rungs[at]!.demoted)
          expect(order.toSorted(ascending)).toEqual(may)
          const rest = order.filter((at) => at !== ladder.remembered)
          expect(rest).toEqual(rest.toSorted(ascending))
          expect(order.indexOf(ladder.remembered ?? -1)).toBeLessThanOrEqual(0)
          for (const at of [0, 1, 2]) {
            // A climb tries the demoted too: that is how one comes back.
            expect(rungsAbove(ladder, at)).toEqual([0, 1, 2].filter((other) => other < at && !unsupported[other]))
          }
          expect(ladder.trail.length).toBeLessThanOrEqual(20)
          const delay = climbDelay(ladder, SETTINGS, random)
          expect(delay).toBeGreaterThanOrEqual(10_000)
          expect(delay).toBeLessThanOrEqual(600_000)
        }
        expect(startOrder(forgetFailures(ladder)).toSorted(ascending)).toEqual(
          [0, 1, 2].filter((at) => !unsupported[at]),
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('the same verdict about the same transport in a row is one; another in between makes it news', () => {
  const say = (ladder: Ladder, why: VerdictReason) =>
    recordVerdicts(ladder, [{ transport: 'sse', reason: why, detail: '', at: 0 }])
  const reasons: VerdictReason[] = ['muted', 'muted', 'hung', 'muted']
  const ladder = reasons.reduce(say, createLadder([false, false, false], undefined))
  expect(ladder.trail.map((verdict) => verdict.reason)).toEqual(['muted', 'hung', 'muted'])
})
