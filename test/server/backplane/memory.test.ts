import { describe, expect, test } from 'vitest'
import { createMemoryEngine, memoryBackplane } from '../../../src/server.ts'
import { describeBackplane } from '../../conformance/backplane.ts'

describe('the memory backplane', () => {
  describeBackplane(() => {
    const engine = createMemoryEngine()
    return [memoryBackplane({ engine }), memoryBackplane({ engine })]
  })

  test('the topic that was idle longest loses its history above the limit, and says so', async () => {
    const backplane = memoryBackplane({ engine: createMemoryEngine({ maxBytes: 5_000 }) })
    await backplane.start('here', { message() {}, suspect() {}, presence() {}, signal() {} })
    const put = (topic: string) =>
      backplane.publish(topic, `{"e":"${'x'.repeat(900)}"}`, { history: { size: 9, ttlMs: 60_000 } })
    const first = await put('/a')
    await put('/a')
    await put('/b')
    expect(await backplane.since('/a', first.pos, 9)).toMatchObject({ status: 'reset', why: 'trimmed' })
    expect(await backplane.since('/b', '0', 9)).toMatchObject({ messages: [{}] })
    await backplane.close()
  })
})
