import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FLAWLESS, judgeDelivery } from '../support/delivery-oracle.ts'
import { publishNumbers, receiveNumbers, TOPIC, watchTransports } from '../support/numbers.ts'
import { type RungName, RUNG_FAULTS, RUNGS } from '../support/rungs.ts'
import { startTestSystem } from '../support/start-test-system.ts'
import { until } from '../support/until.ts'

/** The first message after the wake-up comes within so many milliseconds. */
const AWAKE_MS = 3_000
const SLEEP_MS = 120_000

const medianOf = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[figures.length >> 1]!

/** Lets the wall clock jump; the monotonic one runs on as ever. */
function wallClock(): { jump(ms: number): void } {
  const { now } = Date
  let offset = 0
  vi.spyOn(Date, 'now').mockImplementation(() => now() + offset)
  onTestFinished(() => void vi.restoreAllMocks())
  return { jump: (ms) => void (offset += ms) }
}

/** A connection over one rung, on which numbers have arrived. */
async function connectOver(rung: RungName) {
  const { scope, system, proxy } = await startTestSystem()
  proxy.set(RUNG_FAULTS[rung])
  // A person reads this: slow enough that silence is nothing special.
  const publisher = publishNumbers(scope, system, 20)
  const client = system.openClient()
  const { numbers, resets } = receiveNumbers(client)
  await until('messages', () => numbers.length > 5)
  expect(client.connection.getSnapshot().transport).toBe(rung)
  await until('a poll that is held', () => rung !== 'longpoll' || proxy.traffic.open.poll === 1)
  return { system, proxy, publisher, client, numbers, resets }
}

test.for(RUNGS)(
  'a laptop that slept for two minutes, and whose connections are dead, hears the next message within 3 s: %s',
  { timeout: 60_000 },
  async (rung) => {
    const clock = wallClock()
    const tookMs: number[] = []
    for (let round = 0; round < 3; round++) {
      const { proxy, publisher, client, numbers, resets } = await connectOver(rung)
      proxy.halfOpen()
      clock.jump(SLEEP_MS)
      const wokeAt = performance.now()
      const before = publisher.stored.at(-1)!
      await until('a message', () => (numbers.at(-1) ?? 0) > before)
      tookMs.push(performance.now() - wokeAt)
      await publisher.stop()
      await until('all messages', () => numbers.length >= publisher.stored.length)
      expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
      expect(resets).toEqual([])
      client.dispose()
    }
    expect(Math.max(...tookMs), `median ${medianOf(tookMs)}`).toBeLessThan(AWAKE_MS)
  },
)

test(
  'a process that was stopped, and whose connections are dead, hears the next message within 3 s on every rung',
  { timeout: 90_000 },
  async () => {
    const stopped = await Promise.all(RUNGS.map((rung) => startSleeper(rung)))
    // Long enough to be noticed: a thread may be busy for a while.
    await new Promise((resolve) => setTimeout(resolve, 7_000))
    for (const sleeper of stopped) expect(await sleeper.wake()).toBeLessThan(AWAKE_MS)
  },
)

/** A client in a process of its own that is stopped, its connections dead by now. */
async function startSleeper(rung: RungName) {
  const { scope, system, proxy } = await startTestSystem()
  proxy.set(RUNG_FAULTS[rung])
  const publisher = publishNumbers(scope, system, 20)
  const file = fileURLToPath(new URL('../support/sleeping-client.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', file, `${proxy.url}/realtime`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const numbers: number[] = []
  let transport = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [number, over] = line.split(' ')
    numbers.push(Number(number))
    transport = over!
  })
  await until('messages', () => numbers.length > 5)
  expect(transport).toBe(rung)
  child.kill('SIGSTOP')
  proxy.halfOpen()
  return {
    async wake(): Promise<number> {
      child.kill('SIGCONT')
      const wokeAt = performance.now()
      const before = publisher.stored.at(-1)!
      await until('a message', () => (numbers.at(-1) ?? 0) > before)
      const tookMs = performance.now() - wokeAt
      await publisher.stop()
      await until('all messages', () => numbers.length >= publisher.stored.length)
      expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
      return tookMs
    },
  }
}

test('a retry that was to come long after the sleep comes at once after it', { timeout: 60_000 }, async () => {
  const clock = wallClock()
  const { system, proxy } = await startTestSystem()
  const client = system.openClient({ ladder: { retry: { minMs: 600_000, maxMs: 600_000 } } })
  const { numbers } = receiveNumbers(client)
  await until('the connection', () => client.connection.getSnapshot().status === 'open')
  await proxy.down()
  const retryAt = () => {
    const now = client.connection.getSnapshot()
    return now.status === 'reconnecting' ? now.retryAt : null
  }
  await until('a long wait', () => (retryAt() ?? 0) > Date.now() + 10_000)
  await proxy.up()
  await system.realtime.publish(TOPIC, 'number', 1)
  clock.jump(SLEEP_MS)
  const wokeAt = performance.now()
  await until('the message', () => numbers.length === 1)
  expect(performance.now() - wokeAt).toBeLessThan(AWAKE_MS)
})

test.for([3_600_000, -3_600_000])(
  'a wall clock that is set by %i ms costs one look at most, and no message',
  { timeout: 60_000 },
  async (ms) => {
    const clock = wallClock()
    for (const rung of RUNGS) {
      const { proxy, publisher, client, numbers, resets } = await connectOver(rung)
      const transports = watchTransports(client)
      const requests = () => proxy.traffic.requests.websocket + proxy.traffic.requests.sse
      const before = requests()
      clock.jump(ms)
      const wall = () => Date.now() - (client.connection.getSnapshot() as { since: number }).since
      await until('times of the new clock', () => wall() >= 0 && wall() < 60_000)
      const heard = numbers.length
      await until('messages', () => numbers.length > heard + 30)
      await publisher.stop()
      await until('all messages', () => numbers.length >= publisher.stored.length)
      expect(judgeDelivery(publisher.stored, numbers)).toEqual(FLAWLESS)
      expect(resets).toEqual([])
      expect(transports.every((transport) => transport === rung)).toBe(true)
      expect(requests() - before).toBeLessThanOrEqual(4)
      client.dispose()
    }
  },
)
