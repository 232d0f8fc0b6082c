import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { watchLiveness } from '../../src/client/liveness.ts'
import { createScope } from '../../src/lib/scope.ts'

const WOKE = { slept: false, suspected: false }
const DOUBTED = { slept: true, suspected: true }

function start({ heartbeatMs = 10_000, rttMs = 20, canAsk = true } = {}) {
  const scope = createScope()
  onTestFinished(scope.stop)
  const startedMs = performance.now()
  /** What happened and after how many milliseconds. */
  const log: [what: string, atMs: number][] = []
  const note = (what: string) => () => void log.push([what, Math.round(performance.now() - startedMs)])
  const liveness = watchLiveness(scope, {
    heartbeatMs,
    rttMs: () => rttMs,
    ping: canAsk ? note('ping') : undefined,
    onQuiet: note('quiet'),
    onRevived: note('revived'),
    onDead: note('dead'),
  })
  return { scope, liveness, log, whats: () => log.map(([what]) => what) }
}

describe('a wire', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Something arrives every so often. */
  function arrive(liveness: { alive(): void }, everyMs: number, forMs: number): void {
    for (let passed = 0; passed < forMs; passed += everyMs) {
      vi.advanceTimersByTime(everyMs)
      liveness.alive()
    }
  }

  test('that is silent beyond its heartbeat is asked, then suspected, then given up', () => {
    const { log } = start()
    vi.advanceTimersByTime(60_000)
    expect(log).toEqual([
      ['ping', 14_000],
      ['quiet', 14_250],
      ['dead', 16_750],
    ])
  })

  test('that says something within its heartbeat is left alone', () => {
    const { liveness, log } = start()
    arrive(liveness, 9_000, 300_000)
    expect(log).toEqual([])
  })

  test('that was asked before a sleep is asked again after it, whatever had been on its way', () => {
    const { liveness, log } = start()
    arrive(liveness, 20, 4_000)
    // Busy, then quiet: it is asked, and in that moment the machine falls asleep.
    vi.advanceTimersByTime(110)
    expect(log).toEqual([['ping', 4_100]])
    vi.setSystemTime(Date.now() + 7_000)
    liveness.check({ slept: true, suspected: false })
    liveness.alive()
    vi.advanceTimersByTime(2_750)
    expect(log.map(([what]) => what)).toEqual(['ping', 'ping', 'quiet', 'dead'])
  })

  test('that slept for long is not taken for one whose pauses are long', () => {
    let sleptMs = 0
    const awake = performance.now.bind(performance)
    const now = vi.spyOn(performance, 'now').mockImplementation(() => awake() + sleptMs)
    onTestFinished(() => now.mockRestore())
    const { liveness, whats } = start({ canAsk: false })
    arrive(liveness, 20, 4_000)
    sleptMs = 7_000
    liveness.check({ slept: true, suspected: false })
    arrive(liveness, 20, 1_000)
    const before = whats().length
    // Silent for longer than what was usual: that is noticed as soon as before the sleep.
    vi.advanceTimersByTime(1_000)
    expect(whats().slice(before)).toEqual(['quiet'])
  })

  test('that answers is believed again, for another heartbeat', () => {
    const { liveness, log } = start()
    vi.advanceTimersByTime(14_100)
    liveness.alive()
    vi.advanceTimersByTime(13_999)
    expect(log).toEqual([['ping', 14_000]])
    vi.advanceTimersByTime(1)
    expect(log).toEqual([
      ['ping', 14_000],
      ['ping', 28_100],
    ])
  })

  test('that answers after it was suspected is revived, once', () => {
    const { liveness, whats } = start()
    vi.advanceTimersByTime(15_000)
    liveness.alive()
    liveness.alive()
    expect(whats()).toEqual(['ping', 'quiet', 'revived'])
    vi.advanceTimersByTime(13_000)
    expect(whats()).toHaveLength(3)
  })

  test('that was busy and falls silent is noticed in a fraction of a second', () => {
    const { liveness, log } = start()
    arrive(liveness, 5, 4_100)
    const silentFrom = performance.now()
    vi.advanceTimersByTime(60_000)
    const [ping, quiet, dead] = log.map(([, atMs]) => atMs - 4_100)
    expect(silentFrom).toBeDefined()
    expect(ping).toBeLessThanOrEqual(200)
    expect(quiet).toBeLessThanOrEqual(500)
    expect(dead).toBeLessThanOrEqual(3_000)
  })

  test('that is busy in bursts is granted three times its longest pause', () => {
    const { liveness, whats } = start()
    for (let burst = 0; burst < 12; burst++) {
      arrive(liveness, 5, 400)
      vi.advanceTimersByTime(500)
    }
    expect(whats()).toEqual([])
    arrive(liveness, 5, 400)
    vi.advanceTimersByTime(1_499)
    expect(whats()).toEqual([])
    vi.advanceTimersByTime(200)
    expect(whats()[0]).toBe('ping')
  })

  test('that says little is measured by its heartbeat alone, also after it was busy', () => {
    const { liveness, log } = start()
    arrive(liveness, 5, 4_100)
    arrive(liveness, 90, 4_500)
    arrive(liveness, 3_000, 30_000)
    log.length = 0
    vi.advanceTimersByTime(8_000)
    expect(log).toEqual([])
  })

  test('far away has more time to answer', () => {
    const { log } = start({ rttMs: 400 })
    vi.advanceTimersByTime(60_000)
    expect(log).toEqual([
      ['ping', 14_000],
      ['quiet', 15_600],
      ['dead', 18_100],
    ])
  })

  test('that cannot be asked is suspected all the same: another wire beside it is the question', () => {
    const { whats } = start({ canAsk: false })
    vi.advanceTimersByTime(60_000)
    expect(whats()).toEqual(['quiet', 'dead'])
  })

  test('is not believed after the page woke: it is asked at once', () => {
    const { liveness, log } = start()
    vi.advanceTimersByTime(1_000)
    liveness.check(WOKE)
    liveness.check(WOKE)
    vi.advanceTimersByTime(3_000)
    expect(log).toEqual([
      ['ping', 1_000],
      ['quiet', 1_250],
      ['dead', 3_750],
    ])
  })

  test('is believed after a sleep by its answer, not by bytes that may have waited to be read', () => {
    const { liveness, log } = start()
    liveness.check(DOUBTED)
    vi.advanceTimersByTime(5)
    liveness.alive()
    liveness.answered(performance.now() - 3_000)
    vi.advanceTimersByTime(25)
    expect(log).toEqual([['ping', 0]])
    liveness.alive()
    liveness.answered(performance.now() - 30)
    vi.advanceTimersByTime(13_000)
    expect(log).toEqual([
      ['ping', 0],
      ['revived', 30],
    ])
  })

  test('that cannot be asked is believed after a sleep by bytes that come later', () => {
    const { liveness, log } = start({ canAsk: false })
    liveness.check(DOUBTED)
    vi.advanceTimersByTime(249)
    liveness.alive()
    expect(log).toEqual([])
    vi.advanceTimersByTime(1)
    liveness.alive()
    vi.advanceTimersByTime(13_000)
    expect(log).toEqual([['revived', 250]])
  })

  test('that is suspected already is given up after a second', () => {
    const { liveness, log } = start()
    liveness.check(WOKE)
    vi.advanceTimersByTime(100)
    liveness.check(DOUBTED)
    vi.advanceTimersByTime(100)
    liveness.check(DOUBTED)
    vi.advanceTimersByTime(60_000)
    expect(log).toEqual([
      ['ping', 0],
      ['ping', 100],
      ['dead', 1_100],
    ])
  })

  test('is overdue by whichever clock ran on', () => {
    const { liveness } = start()
    vi.advanceTimersByTime(10_000)
    expect(liveness.overdue).toBe(false)
    vi.setSystemTime(Date.now() + 120_000)
    expect(liveness.overdue).toBe(true)
    liveness.alive()
    expect(liveness.overdue).toBe(false)
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(liveness.overdue).toBe(false)
  })

  test('leaves no timer behind', () => {
    const { scope, liveness, whats } = start()
    liveness.check(WOKE)
    scope.stop()
    liveness.alive()
    liveness.check(WOKE)
    vi.advanceTimersByTime(60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(whats()).not.toContain('quiet')
  })
})

describe.each([1_000, 60_000])('in a hidden tab, whose timers run every %i ms,', (everyMs) => {
  beforeEach(() => {
    vi.useFakeTimers()
    // Browsers align the timers of a hidden tab; messages are handed over as ever.
    const { setTimeout } = globalThis
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((run: () => void, ms = 0) => {
      const due = performance.now() + ms
      return setTimeout(run, Math.ceil(due / everyMs) * everyMs - performance.now())
    })
    vi.stubGlobal('document', { hidden: true })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  test('a wire that the server keeps alive is never asked, suspected or given up', () => {
    const { liveness, whats } = start({ heartbeatMs: 25_000 })
    for (let beat = 0; beat < 100; beat++) {
      vi.advanceTimersByTime(25_000)
      liveness.alive()
    }
    expect(whats()).toEqual([])
  })

  test('a wire that answers late, but answers, is not given up', () => {
    const { liveness, whats } = start({ heartbeatMs: 25_000 })
    while (!whats().includes('ping')) vi.advanceTimersByTime(1_000)
    vi.advanceTimersByTime(900)
    liveness.alive()
    vi.advanceTimersByTime(20_000)
    expect(whats()).not.toContain('dead')
  })

  test('a dead wire is given up all the same', () => {
    const { whats } = start({ heartbeatMs: 25_000 })
    vi.advanceTimersByTime(300_000)
    expect(whats()).toEqual(['ping', 'quiet', 'dead'])
  })
})

describe('while this thread was busy', () => {
  const block = (ms: number) => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  /** What waited to be read is read, as after every timer. */
  const read = () => new Promise((resolve) => setImmediate(resolve))

  test('nothing is held against a wire whose bytes wait to be read', async () => {
    const { liveness, whats } = start({ heartbeatMs: 100 })
    block(400)
    await read()
    liveness.alive()
    await read()
    expect(whats()).toEqual([])
  })

  test('neither is a wire given up whose answer waits to be read', async () => {
    const { liveness, whats } = start({ heartbeatMs: 60_000 })
    liveness.check(WOKE)
    block(3_000)
    await read()
    liveness.alive()
    expect(whats()).toEqual(['ping'])
  })
})
