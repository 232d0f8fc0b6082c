import { expect, test } from 'vitest'
import { loadChaos, MUTANTS } from '../chaos/mutants.ts'
import { runChaos } from '../chaos/run.ts'

test(
  'in the chaos of two instances and twelve clients nothing is lost, doubled or reordered',
  { timeout: 120_000 },
  async () => {
    const report = await runChaos({ seed: 1, deliveries: 10_000 })
    expect(report).toMatchObject({ violations: [] })
    expect(report.deliveries).toBeGreaterThanOrEqual(10_000)
    expect(report.resets).toBe(0)
    expect(report.switches).toBeGreaterThan(5)
    expect(report.sends.acked).toBeGreaterThan(50)
  },
)

test(
  'where the history begins anew in the midst of the chaos, every loss is announced',
  { timeout: 120_000 },
  async () => {
    // Through the same loader as the mutants: changed by nothing, it breaks nothing.
    const { runChaos } = await loadChaos()
    const report = await runChaos({ seed: 2, deliveries: 10_000, wipe: true })
    expect(report).toMatchObject({ violations: [] })
    expect(report.wipes).toBeGreaterThan(0)
    expect(report.resets).toBeGreaterThan(0)
  },
)

test.for(MUTANTS)(
  'the chaos finds out when this is taken away: $mechanism',
  { timeout: 60_000 },
  async ({ edits, wipe = false, breaks }) => {
    const { runChaos } = await loadChaos(edits)
    const report = await runChaos({ seed: 3, deliveries: 100_000, mostSeconds: 30, wipe })
    expect(breaks).toContain(report.violations[0]?.kind)
  },
)
