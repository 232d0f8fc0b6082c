import { onTestFinished } from 'vitest'
import { createScope, type Scope } from '../../src/lib/scope.ts'
import type { RealtimeServerOptions } from '../../src/server.ts'
import { NUMBERS } from './numbers.ts'
import { startSystem, type TestSystem } from './system.ts'

/** A system with the topic of numbers and a scope, both of which end with the test. */
export async function startTestSystem(
  options: RealtimeServerOptions = {},
): Promise<{ scope: Scope; system: TestSystem; proxy: TestSystem['proxy'] }> {
  const scope = createScope()
  const system = await startSystem({ topics: NUMBERS, ...options })
  onTestFinished(async () => {
    scope.stop()
    await system.close()
  })
  return { scope, system, proxy: system.proxy }
}
