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
if (report.violations.length > 0) process.exitCode = 1
