import type { ChaosReport } from './run.ts'

/** A report for people: what happened, and the first things that were broken. */
export function describeReport(report: ChaosReport): string {
  const { seed, deliveries, published, sends, seconds, violations } = report
  const lines = [
    `seed ${seed}: ${deliveries} deliveries of ${published} published messages and ${sends.acked} acknowledged sends in ${seconds} s`,
    `  ${report.networkFaults} network faults, ${report.switches} switches of transport, ${report.kills} instances killed`,
    `  ${report.wipes} wipes and ${report.forks} forks of the history, ${report.resets} resets, ${report.announced} messages announced as missing`,
    `  ${sends.unacked} sends reported as not acknowledged`,
    violations.length === 0 ? '  0 lost, 0 doubled, 0 reordered' : `  BROKEN, with seed ${seed}:`,
    ...violations.map(({ kind, detail }) => `  ${kind}: ${detail}`),
  ]
  return lines.join('\n')
}
