import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

/** Where the closing line is kept, so that a script which runs more after the tests can say it again at its end. */
const SUMMARY_FILE: string = 'node_modules/.cache/everwire/test-summary.json'

/**
 * Prints `N passed, N failed, N skipped` alone on a line when a run ends.
 * A file that could not even be loaded holds no test, so it counts as one failure.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) count[test.result().state] += 1
    }
    const skipped = count.skipped + count.pending
    const line = `${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    mkdirSync(dirname(SUMMARY_FILE), { recursive: true })
    writeFileSync(SUMMARY_FILE, `${JSON.stringify({ passed: count.passed, failed: count.failed, skipped, line })}\n`)
    console.log(`\n${line}`)
  }
}
