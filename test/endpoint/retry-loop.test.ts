import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type EndpointSnapshot, IDLE } from '../../src/endpoint/endpoint.ts'
import { afterEnd, type Attempt, createRetryLoop, lost } from '../../src/endpoint/retry-loop.ts'
import { EverwireError } from '../../src/protocol/errors.ts'

const OPEN = { status: 'open', attempt: 0, retryAt: null, since: 0, error: null } satisfies EndpointSnapshot
const AWAY = {
  status: 'reconnecting',
  attempt: 4,
  retryAt: null,
  since: null,
  error: lost('away'),
} satisfies EndpointSnapshot
const fatal = new EverwireError('refused', 'no')

describe('what follows the end of an attempt', () => {
  const delay = (from: EndpointSnapshot, afterMs?: number, random = 0.5) =>
    afterEnd(from, lost('cut'), afterMs, {}, 1000, random).retryAt! - 1000

  test('no error: closed', () => expect(afterEnd(OPEN, undefined, undefined, {}, 0, 0).status).toBe('closed'))
  test('an error that trying again would not mend: failed', () =>
    expect(afterEnd(OPEN, fatal, undefined, {}, 0, 0)).toMatchObject({ status: 'failed', error: fatal }))
  test('the first retry after a good life is at once', () => expect(delay(OPEN)).toBe(0))
  test('an open connection that had failed before waits', () => expect(delay({ ...OPEN, attempt: 1 })).toBe(375))
  test('delays double up to the ceiling, with a floor below which no dice go', () => {
    expect([0, 1, 2, 3, 4, 5, 20].map((attempt) => delay({ ...AWAY, attempt }, undefined, 0.999))).toEqual(
      [500, 500, 999, 1998, 3996, 4995, 4995].map((ms) => expect.closeTo(ms, -1)),
    )
    expect(delay({ ...AWAY, attempt: 20 }, undefined, 0)).toBe(250)
  })
  test('a server that asks for a wait is not asked earlier, and all clients not at the same moment', () => {
    expect(delay(OPEN, 7000, 0)).toBe(7000)
    expect(delay(OPEN, 7000, 1)).toBe(7700)
  })
  test('a server cannot ask for less than the least delay or more than five minutes', () => {
    expect(delay(OPEN, 1, 0)).toBe(500)
    expect(delay(OPEN, 1e15, 0)).toBe(300_000)
  })
  test('asked for at once, it is at once', () => expect(delay(AWAY, 0)).toBe(0))
  test('after the last retry it has failed, with the last error', () => {
    const error = lost('cut')
    expect(afterEnd(AWAY, error, undefined, { maxRetries: 4 }, 0, 0)).toMatchObject({ status: 'failed', error })
    expect(afterEnd(AWAY, error, undefined, { maxRetries: 5 }, 0, 0)).toMatchObject({
      status: 'reconnecting',
      attempt: 5,
    })
  })
})

describe('the loop', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function loopWith(options: Parameters<typeof createRetryLoop>[1] = {}) {
    const attempts: Attempt[] = []
    const wake = vi.fn()
    const loop = createRetryLoop(async (attempt) => void attempts.push(attempt), options, wake)
    return { attempts, wake, loop }
  }

  test('a server that accepts and drops at once is asked less and less', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { attempts, loop } = loopWith()
    loop.connect()
    for (const until = Date.now() + 60_000; Date.now() < until; vi.advanceTimersByTime(10)) {
      const latest = attempts.at(-1)!
      latest.opened()
      latest.end(lost('dropped'))
    }
    expect(attempts.length).toBeLessThan(30)
    loop.close()
    vi.restoreAllMocks()
  })

  test('a stable life lets the back-off start afresh', () => {
    const { attempts, loop } = loopWith({ retry: { stableMs: 2000 } })
    loop.connect()
    attempts[0]!.end(lost('no'))
    vi.advanceTimersByTime(500)
    attempts[1]!.opened()
    expect(loop.getSnapshot()).toMatchObject({ status: 'open', attempt: 1 })
    vi.advanceTimersByTime(2000)
    expect(loop.getSnapshot()).toMatchObject({ status: 'open', attempt: 0 })
    attempts[1]!.end(lost('cut'))
    vi.advanceTimersByTime(1)
    expect(attempts).toHaveLength(3)
    loop.close()
  })

  test('what a replaced attempt says is not heard', () => {
    const { attempts, loop } = loopWith()
    loop.connect()
    loop.reconnect()
    attempts[0]!.opened()
    attempts[0]!.end(fatal)
    expect(loop.getSnapshot().status).toBe('connecting')
    loop.close()
  })

  test('close leaves no timer, in any state', () => {
    const { attempts, loop } = loopWith()
    loop.connect()
    loop.close()
    loop.connect()
    attempts[1]!.end(lost('no'))
    loop.close()
    loop.close()
    expect(vi.getTimerCount()).toBe(0)
    expect(loop.getSnapshot()).toEqual({ ...IDLE, status: 'closed' })
  })

  test('a listener may close it in any of its calls', () => {
    for (const status of ['connecting', 'open', 'reconnecting'] as const) {
      const { attempts, loop } = loopWith()
      loop.subscribe(() => {
        if (loop.getSnapshot().status === status) loop.close()
      })
      loop.connect()
      attempts[0]?.opened()
      attempts[0]?.end(lost('cut'))
      expect(loop.getSnapshot().status).toBe('closed')
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('a listener may reconnect when an attempt ended, and one attempt runs then', () => {
    const { attempts, loop } = loopWith()
    let once = true
    loop.subscribe(() => {
      if (loop.getSnapshot().status === 'reconnecting' && once) {
        once = false
        loop.reconnect()
      }
    })
    loop.connect()
    attempts[0]!.end(lost('cut'))
    vi.advanceTimersByTime(60_000)
    expect(attempts).toHaveLength(2)
    loop.close()
  })

  test('the signal closes it for good and is listened to no more after a close', () => {
    const controller = new AbortController()
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const { attempts, loop } = loopWith({ signal: controller.signal })
    loop.connect()
    loop.close()
    expect(removed).toHaveBeenCalled()
    loop.connect()
    controller.abort()
    expect(loop.getSnapshot().status).toBe('closed')
    loop.connect()
    expect(attempts).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a snapshot keeps its identity until something changes', () => {
    const { loop } = loopWith()
    expect(loop.getSnapshot()).toBe(IDLE)
    loop.connect()
    expect(loop.getSnapshot()).toBe(loop.getSnapshot())
    loop.close()
  })

  test('what an attempt throws is an error that is retried', async () => {
    const errors: EverwireError[] = []
    const loop = createRetryLoop(
      () => Promise.reject(new Error('boom')),
      { onError: (error) => errors.push(error) },
      () => {},
    )
    loop.connect()
    await vi.waitFor(() => expect(errors).toHaveLength(1))
    expect(loop.getSnapshot()).toMatchObject({
      status: 'reconnecting',
      attempt: 1,
      error: { message: expect.stringContaining('boom') },
    })
    loop.close()
  })

  test('an onError that throws stops nothing', () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const { attempts, loop } = loopWith({
      onError() {
        throw new Error('handler')
      },
    })
    loop.connect()
    attempts[0]!.end(lost('no'))
    expect(loop.getSnapshot().status).toBe('reconnecting')
    expect(reported).toHaveBeenCalledOnce()
    loop.close()
    vi.unstubAllGlobals()
  })
})

describe('the page', () => {
  class Page extends EventTarget {
    say(type: string, fields: object = {}) {
      this.dispatchEvent(Object.assign(new Event(type), fields))
    }
  }
  let page: Page
  beforeEach(() => {
    page = new Page()
    vi.stubGlobal('window', page)
  })
  afterEach(() => vi.unstubAllGlobals())

  function opened() {
    const attempts: Attempt[] = []
    const wake = vi.fn()
    const loop = createRetryLoop(async (attempt) => void attempts.push(attempt), {}, wake)
    loop.connect()
    attempts[0]!.opened()
    return { attempts, loop, wake }
  }

  test('back online while it waits: it tries at once', () => {
    const { attempts, loop } = opened()
    attempts[0]!.end(lost('cut'), 60_000)
    page.say('online')
    expect(attempts).toHaveLength(2)
    loop.close()
  })

  test('awake while it is open: it looks whether the connection lives', () => {
    const { attempts, loop, wake } = opened()
    page.say('pageshow', { persisted: true })
    expect(wake).toHaveBeenCalledOnce()
    expect(attempts).toHaveLength(1)
    loop.close()
  })

  test('the back/forward cache gets no open connection, and a page that returns has one at once', () => {
    const { attempts, loop } = opened()
    page.say('pagehide', { persisted: true })
    expect(attempts[0]!.scope.stopped).toBe(true)
    page.say('pageshow', { persisted: true })
    expect(attempts).toHaveLength(2)
    loop.close()
  })
})
