import { parseArgs } from 'node:util'
import { describeReport } from './report.ts'
import { runChaos } from './run.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    deliveries: { type: 'string', default: '100000' },
    wipe: { type: 'boolean', default: false },
  },
})
const report = await runChaos({ seed: Number(values.seed), deliveries: Number(values.deliveries), wipe: values.wipe })
console.log(describeReport(report))
// Node 20 sometimes spins for ever while it cleans up after sockets that were reset, with nothing left to run.
process.exit(report.violations.length > 0 ? 1 : 0)
