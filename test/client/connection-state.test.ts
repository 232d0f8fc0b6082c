import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConnectionState, deadlineOf, type Machine } from '../../src/client/connection-state.ts'
import { createLadder } from '../../src/client/ladder.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { assertSound, type Happening, say, step, Story } from './machine.ts'
import { TABLE } from './transition-table.ts'

const NOW = 100_000
/** The first id that is given within the table. */
const NEXT_ID = 50

const trial = (id: number, rung: number, reached = false) => ({ id, rung, reached, proveBy: NOW + 5_000 })
const error = new EverwireError('unreachable', 'it was away', { retryable: true })
const connecting = { kind: 'connecting', raceAt: NOW + 300, attempt: 0, verdicts: [], error: null } as const
const open = { kind: 'open', trials: [], queue: [], raceAt: NOW - 60_000, attempt: 0, climbAt: Infinity } as const
const carrier = (rung: number) => ({ id: 9, rung, since: NOW - 20_000, suspect: false as const })
const suspected = { ...open, trials: [trial(1, 0, true), trial(2, 1)], queue: [2], raceAt: NOW + 300 }

/** Every kind of state, named by its kind. */
const STATES = {
  idle: { kind: 'idle' },
  'connecting: one trial': { ...connecting, trials: [trial(1, 0)], queue: [1, 2] },
  'connecting: two trials': { ...connecting, trials: [trial(1, 0, true), trial(2, 1)], queue: [2] },
  'open: on top': { ...open, carrier: carrier(0) },
  'open: below': { ...open, carrier: carrier(1), climbAt: NOW + 10_000 },
  'open: young': { ...open, carrier: { ...carrier(1), since: NOW - 5_000 }, attempt: 1, climbAt: NOW + 10_000 },
  'open: climbing': { ...open, carrier: carrier(1), trials: [trial(1, 0)] },
  'open: quiet': { ...suspected, carrier: { ...carrier(1), suspect: 'quiet' } },
  'open: stuck': { ...suspected, carrier: { ...carrier(1), suspect: 'stuck' } },
  waiting: { kind: 'waiting', attempt: 2, retryAt: NOW + 500, error },
  'suspended: manual': { kind: 'suspended', reason: 'manual' },
  'suspended: hidden': { kind: 'suspended', reason: 'hidden' },
  'suspended: frozen': { kind: 'suspended', reason: 'frozen' },
  failed: { kind: 'failed', error: new EverwireError('forbidden', 'no') },
} satisfies Record<string, ConnectionState>

const end = (code?: number) => ({ message: 'it ended', ...(code !== undefined && { code }) })

/** Every type of event, named by its type. `later` is how long after `NOW` it happens. */
const EVENTS = {
  wanted: { type: 'wanted' },
  unwanted: { type: 'unwanted' },
  dispose: { type: 'dispose' },
  'tick: too early': { type: 'tick' },
  'tick: at the next start': { type: 'tick', later: 300 },
  'tick: at the retry': { type: 'tick', later: 500 },
  'tick: after the time for proof': { type: 'tick', later: 5_000 },
  'tick: at the climb': { type: 'tick', later: 10_000 },
  wake: { type: 'wake', doubt: false },
  'wake: later': { type: 'wake', doubt: false, later: 300 },
  'wake: in doubt': { type: 'wake', doubt: true },
  'wake: in doubt, later': { type: 'wake', doubt: true, later: 300 },
  reconnect: { type: 'reconnect' },
  replace: { type: 'replace' },
  suspect: { type: 'suspect' },
  revived: { type: 'revived' },
  'suspend: manual': { type: 'suspend', reason: 'manual' },
  'suspend: hidden': { type: 'suspend', reason: 'hidden' },
  'suspend: frozen': { type: 'suspend', reason: 'frozen' },
  'resume: wanted': { type: 'resume', wanted: true },
  'resume: unwanted': { type: 'resume', wanted: false },
  reached: { type: 'reached', id: 1 },
  stale: { type: 'stale', id: 1 },
  'proven: first': { type: 'proven', id: 1, retry: [0, 0] },
  'proven: second': { type: 'proven', id: 2, retry: [0, 0] },
  'proven: unknown': { type: 'proven', id: 40, retry: [0, 0] },
  'ended: first': { type: 'ended', id: 1, end: end() },
  'ended: second': { type: 'ended', id: 2, end: end() },
  'ended: first, stop': { type: 'ended', id: 1, end: end(4003) },
  'ended: first, renew': { type: 'ended', id: 1, end: end(4201) },
  'ended: second, stop': { type: 'ended', id: 2, end: end(4003) },
  'ended: second, renew': { type: 'ended', id: 2, end: end(4201) },
  'ended: first, resume': { type: 'ended', id: 1, end: end(4100) },
  'ended: first, back off': { type: 'ended', id: 1, end: end(4503) },
  'ended: carrier': { type: 'ended', id: 9, end: end() },
  'ended: carrier, stop': { type: 'ended', id: 9, end: end(4000) },
  'ended: carrier, renew': { type: 'ended', id: 9, end: end(4200) },
  'ended: carrier, resume': { type: 'ended', id: 9, end: end(4101) },
  'ended: carrier, resume in a window': { type: 'ended', id: 9, end: end(4100), retry: [1_000, 2_000] },
  'ended: carrier, back off': { type: 'ended', id: 9, end: end(4503) },
  'ended: unknown': { type: 'ended', id: 40, end: end(4003) },
  'uplink-dead: carrier': { type: 'uplink-dead', id: 9, detail: 'POST failed' },
  'uplink-dead: unknown': { type: 'uplink-dead', id: 40, detail: 'POST failed' },
} satisfies Record<string, Happening & { later?: number }>

export type StateName = keyof typeof STATES
export type EventName = keyof typeof EVENTS

/** `true` where every member of a union has a name that is it, or starts with it and a colon. */
type Named<Union extends string, Name extends string> = [
  Exclude<Union, Name extends `${infer First}: ${string}` ? First : Name>,
] extends [never]
  ? true
  : false
// Fails to compile where a kind of state or a type of event is missing; `TABLE` fails where a cell is.
const everyState: Named<ConnectionState['kind'], StateName> = true
const everyEvent: Named<Happening['type'], EventName> = true

const machineIn = (state: ConnectionState): Machine => ({
  state,
  ladder: { ...createLadder([false, false, false], undefined), nextId: NEXT_ID },
})

/** What a cell says: the next state, or `=` where nothing changes. */
function cell(state: StateName, event: EventName): string {
  const { later = 0, ...happening }: Happening & { later?: number } = EVENTS[event]
  const before = machineIn(STATES[state])
  const after = step(before, { now: NOW + later, at: 0, random: 0.5, ...happening })
  return isDeepStrictEqual(after.state, before.state) ? '=' : say(after.state, NEXT_ID)
}

describe('every state knows what to do with every event', () => {
  test('the table names all of them', () => {
    expect([everyState, everyEvent]).toEqual([true, true])
    expect(Object.keys(TABLE)).toEqual(Object.keys(STATES))
  })
  test.each(Object.keys(STATES) as StateName[])('%s', (state) => {
    assertSound(machineIn(STATES[state]), NOW)
    const found = Object.fromEntries(Object.keys(EVENTS).map((event) => [event, cell(state, event as EventName)]))
    expect(found).toEqual(TABLE[state])
  })
})

describe('whatever happens in whatever order', () => {
  const ids = (machine: Machine) => {
    const { state } = machine
    if (state.kind !== 'connecting' && state.kind !== 'open') return [1]
    return [...state.trials.map(({ id }) => id), ...(state.kind === 'open' ? [state.carrier.id] : []), 1]
  }
  const CODES = [undefined, undefined, undefined, 1006, 1012, 4003, 4100, 4200, 4201, 4503]
  const pick = <Value>(values: readonly Value[], dice: number): Value => values[dice % values.length]!

  /** An event that fits the machine, by three numbers. */
  function happening(machine: Machine, kind: number, dice: number): Happening {
    const id = pick(ids(machine), dice)
    const reason = pick(['manual', 'hidden', 'frozen'] as const, dice)
    const code = pick(CODES, dice >> 4)
    const events: Happening[] = [
      { type: 'wanted' },
      { type: 'tick' },
      { type: 'proven', id, retry: pick([[0, 0] as const, [100, 900] as const], dice >> 8) },
      { type: 'proven', id, retry: [0, 0] },
      { type: 'ended', id, end: { message: 'x', ...(code !== undefined && { code }) } },
      { type: 'ended', id, end: { message: 'x' } },
      { type: 'reached', id },
      { type: 'stale', id },
      { type: 'wake', doubt: dice % 2 === 0 },
      { type: 'reconnect' },
      { type: 'replace' },
      { type: 'suspect' },
      { type: 'revived' },
      { type: 'uplink-dead', id, detail: 'x' },
      { type: 'suspend', reason },
      { type: 'resume', wanted: dice % 2 === 0 },
      { type: 'unwanted' },
    ]
    return pick(events, kind)
  }

  const walk = fc.array(
    fc.record({
      kind: fc.nat(16),
      dice: fc.nat(65_535),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      passes: fc.oneof(fc.constant('deadline' as const), fc.nat(12_000)),
    }),
    { minLength: 1, maxLength: 120 },
  )

  test('all that must hold holds, and no deadline is met twice', () => {
    fc.assert(
      fc.property(
        walk,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        fc.option(fc.nat(2), { nil: undefined }),
        (steps, unsupported, remembered) => {
          const story = new Story({ unsupported, ...(remembered !== undefined && { remembered }) })
          story.tell({ type: 'wanted' })
          for (const { kind, dice, random, passes } of steps) {
            story.random = random
            const deadline = deadlineOf(story.machine.state)
            if (passes !== 'deadline') story.after(passes)
            else if (deadline < Infinity) story.after(Math.max(0, deadline - story.now))
            story.tell(happening(story.machine, kind, dice))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('when everything fails from then on, it ends in waiting, and with an open door in open', () => {
    fc.assert(
      fc.property(walk, (steps) => {
        const story = new Story()
        for (const { kind, dice, random } of steps) {
          story.random = random
          story.tell(happening(story.machine, kind, dice))
        }
        story.tell({ type: 'reconnect' })
        if (story.machine.state.kind === 'open') story.cut()
        const failures: number[] = []
        for (let { state } = story.machine; state.kind === 'connecting'; { state } = story.machine) {
          failures.push(state.trials[0]!.rung)
          story.fail(state.trials[0]!.rung)
        }
        expect(story.says).toMatch(/^waiting/)
        expect(new Set(failures).size, 'each rung failed once').toBe(failures.length)
        story.tell({ type: 'reconnect' }).prove(Number(/\d(?= \|)/.exec(story.says)?.[0]))
        expect(story.says).toMatch(/^open/)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the ladder', () => {
  const wanted = (options?: ConstructorParameters<typeof Story>[0]) => new Story(options).tell({ type: 'wanted' })

  test('starts the best rung at once, and the next beside it after 300 ms each', () => {
    const story = wanted()
    expect(story.says).toBe('connecting #0 [0 | 1,2]')
    expect(story.after(299).says).toBe('connecting #0 [0 | 1,2]')
    expect(story.after(1).says).toBe('connecting #0 [0,1 | 2]')
    expect(story.after(300).says).toBe('connecting #0 [0,1,2 | ]')
  })

  test('waits twice the known round trip before the next start', () => {
    const story = new Story()
    story.machine = { ...story.machine, ladder: { ...story.machine.ladder, rttMs: 400 } }
    story.tell({ type: 'wanted' })
    expect(story.after(799).says).toBe('connecting #0 [0 | 1,2]')
    expect(story.after(1).says).toBe('connecting #0 [0,1 | 2]')
  })

  test('starts the next rung at once when the newest failed, and not when an older one did', () => {
    expect(wanted().fail(0).says).toBe('connecting #0 [1 | 2]')
    expect(wanted().after(300).fail(0).says).toBe('connecting #0 [1 | 2]')
    expect(wanted().after(300).fail(1).says).toBe('connecting #0 [0,2 | ]')
  })

  test('lets the first proven rung carry, and a better one take over when it is proven later', () => {
    const story = wanted().after(300).prove(1)
    expect(story.says).toBe('open 1* [0 | ]')
    expect(story.after(2_000).prove(0).says).toBe('open 0*')
    expect(story.trail).toEqual([])
  })

  test('drops what is worse than the rung that carries', () => {
    expect(wanted().after(600).prove(0).says).toBe('open 0*')
  })

  test('judges what a trial died of, once something else was proven', () => {
    const story = wanted().fail(0)
    story.tell({ type: 'reached', id: story.trial(1).id }).after(5_000)
    expect(story.trail).toEqual([])
    story.prove(2)
    expect(story.trail).toEqual(['websocket refused', 'sse muted'])
  })

  test('tells hung, silent and flapping apart by how far the WebSocket came', () => {
    expect(wanted().after(300).prove(1).after(5_000).trail).toEqual(['websocket hung'])
    const silent = wanted()
    silent
      .tell({ type: 'reached', id: silent.trial(0).id })
      .after(300)
      .prove(1)
      .after(5_000)
    expect(silent.trail).toEqual(['websocket silent'])
    const dropped = wanted()
    dropped
      .tell({ type: 'reached', id: dropped.trial(0).id })
      .fail(0)
      .prove(1)
    expect(dropped.trail).toEqual(['websocket flapping'])
  })

  test('blames no rung when all fail, and waits', () => {
    const story = wanted().fail(0).fail(1).fail(2, 'network unreachable')
    expect(story.says).toBe('waiting #1')
    expect(story.trail).toEqual([])
    const { state } = story.machine
    expect(state.kind === 'waiting' && state.error.message).toContain('longpoll refused (network unreachable)')
  })

  test('gives every next attempt more time for proof, up to four times', () => {
    const story = wanted()
    const patience = [0, 1, 2, 3, 4].map(() => {
      const { proveBy } = story.trial(0)
      const given = proveBy - story.now
      story.fail(0).fail(1).fail(2).tell({ type: 'wake', doubt: false })
      return given
    })
    expect(patience).toEqual([5_000, 10_000, 15_000, 20_000, 20_000])
  })

  test('backs off further with each failure, and tries at once when the page wakes', () => {
    const story = wanted()
    story.random = 0.999
    const waits = [1, 2, 3, 4, 5, 6].map(() => {
      story.fail(0).fail(1).fail(2)
      const wait = deadlineOf(story.machine.state) - story.now
      story.after(wait)
      return Math.round(wait / 100) * 100
    })
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000])
    story.fail(0).fail(1).fail(2)
    expect(story.tell({ type: 'wake', doubt: false }).says).toBe('connecting #7 [0 | 1,2]')
  })

  test('honours what a server asks to wait', () => {
    const story = wanted().fail(0).fail(1)
    story.tell({ type: 'ended', id: story.trial(2).id, end: { message: 'busy', retryAfterMs: 8_000 } })
    expect(deadlineOf(story.machine.state) - story.now).toBe(10_000)
  })

  test('answers the first cut at once, and draws from the window where the server gave one', () => {
    expect(wanted().prove(0).after(20_000).cut().says).toBe('connecting #0 [0 | 1,2]')
    const spread = wanted().prove(0, [1_000, 3_000]).after(20_000).cut()
    expect(spread.says).toBe('waiting #1')
    expect(deadlineOf(spread.machine.state) - spread.now).toBe(2_000)
  })

  test('falls from a rung with two short lives at once, whatever window the server gives to those who return', () => {
    const story = wanted().prove(0, [1_000, 1_000]).after(5_000).cut()
    expect(story.says).toBe('waiting #1')
    story.after(1_000).prove(0, [1_000, 1_000]).after(5_000).cut()
    expect(story.says).toBe('connecting #2 [1 | 2]')
  })

  test('demotes a rung after two short lives, and comes back to it by a climb', () => {
    const story = wanted().prove(0).after(5_000).cut()
    expect(story.says).toBe('connecting #1 [0 | 1,2]')
    story.prove(0).after(5_000).cut()
    expect(story.says).toBe('connecting #2 [1 | 2]')
    expect(story.trail).toEqual(['websocket flapping'])
    story.prove(1)
    expect(story.says).toBe('open 1* climbs')
    story.after(35_000)
    expect(story.says).toBe('open 1* [0 | ]')
    expect(story.prove(0).says).toBe('open 0*')
  })

  test('forgets strikes and back-off only after ten seconds of life', () => {
    const story = wanted().prove(0).after(9_999).cut()
    expect(story.says).toBe('connecting #1 [0 | 1,2]')
    story.prove(0).after(10_000).cut()
    expect(story.says).toBe('connecting #0 [0 | 1,2]')
    expect(story.machine.ladder.rungs[0]).toEqual({ unsupported: false, strikes: 0, demoted: false })
  })

  test('does not hammer a server that accepts and drops, even when only one rung is left', () => {
    const story = wanted({ unsupported: [true, true, false] }).prove(2)
    const waits = [1, 2, 3, 4, 5].map(() => {
      story.after(10).cut()
      const wait = story.machine.state.kind === 'waiting' ? deadlineOf(story.machine.state) - story.now : 0
      story.after(wait).prove(2)
      return wait
    })
    expect(waits[0]).toBe(0)
    expect(waits.slice(2)).toEqual([...waits.slice(2)].sort((a, b) => a - b))
    expect(waits.at(-1)).toBeGreaterThan(1_000)
  })

  test('climbs after 10 to 60 s, doubling up to 10 min, and at once when the page wakes', () => {
    const story = wanted({ remembered: 1 })
    story.random = 0
    story.after(300).prove(1).fail(0)
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      const wait = deadlineOf(story.machine.state) - story.now
      story.after(wait)
      expect(story.says).toBe('open 1* [0 | ]')
      story.fail(0)
      return wait / 1_000
    })
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600])
    expect(story.tell({ type: 'wake', doubt: false }).says).toBe('open 1* [0 | ]')
    story.fail(0)
    expect(deadlineOf(story.machine.state) - story.now).toBe(10_000)
    story.random = 0.999_99
    story.tell({ type: 'wake', doubt: false }).fail(0)
    expect(Math.round((deadlineOf(story.machine.state) - story.now) / 1_000)).toBe(60)
  })

  test('starts a remembered rung first and the best beside it', () => {
    const story = wanted({ remembered: 2 })
    expect(story.says).toBe('connecting #0 [2 | 0,1]')
    story.prove(2)
    expect(story.says).toBe('open 2* [ | 0,1]')
    expect(story.after(300).says).toBe('open 2* [0 | 1]')
    expect(story.after(300).says).toBe('open 2* [0,1 | ]')
    expect(story.prove(0).says).toBe('open 0*')
    expect(story.machine.ladder.remembered).toBe(0)
  })

  test('tries the best and the next at once when the wire that carries goes quiet, and keeps it if it speaks again', () => {
    const story = wanted().prove(0).after(20_000).tell({ type: 'suspect' })
    expect(story.says).toBe('open 0* quiet [0,1 | 2]')
    expect(story.tell({ type: 'revived' }).says).toBe('open 0*')
    story.tell({ type: 'suspect' }).prove(1)
    expect(story.says).toBe('open 1* [0 | ]')
  })

  test('tries others beside a wire in doubt once for each wake-up, and keeps it if it speaks', () => {
    const story = wanted().prove(0).after(60_000)
    story.tell({ type: 'wake', doubt: true })
    expect(story.says).toBe('open 0* quiet [0,1 | 2]')
    const { id } = story.trial(0)
    story.after(20).tell({ type: 'wake', doubt: true })
    expect(story.trial(0).id).toBe(id)
    story.after(400).tell({ type: 'wake', doubt: true })
    expect(story.trial(0).id).not.toBe(id)
    expect(story.tell({ type: 'revived' }).says).toBe('open 0*')
  })

  test('tries anew what did not get through before the page woke, and lets go on what just began', () => {
    const story = wanted()
    const { id } = story.trial(0)
    story.after(20).tell({ type: 'wake', doubt: false })
    expect(story.trial(0).id).toBe(id)
    story.after(2_000).tell({ type: 'wake', doubt: false })
    expect(story.says).toBe('connecting #0 [0 | 1,2]')
    expect(story.trial(0).id).not.toBe(id)
  })

  test('lets any rung take over when the rung that carries cannot be opened a second time', () => {
    const story = wanted({ unsupported: [true, false, false] })
      .prove(1)
      .tell({ type: 'replace' })
      .fail(1)
    expect(story.says).toBe('open 1* stuck [1,2 | ]')
    expect(story.tell({ type: 'revived' }).says).toBe('open 1* stuck [1,2 | ]')
    expect(story.prove(2).says).toBe('open 2* [1 | ]')
  })

  test('keeps the time of life over a replacement of the same rung', () => {
    const story = wanted().prove(0).after(9_000).tell({ type: 'replace' }).prove(0).after(1_000).cut()
    expect(story.says).toBe('connecting #0 [0 | 1,2]')
  })

  test('starts a trial anew whose cursor is out of date', () => {
    const story = wanted().after(300).prove(1)
    const { id, proveBy } = story.trial(0)
    story.tell({ type: 'stale', id })
    expect(story.trial(0).id).not.toBe(id)
    expect(story.trial(0).proveBy).toBe(proveBy)
  })

  test('stops for good when the server says so, until somebody asks to reconnect', () => {
    const story = wanted().prove(0).cut(4003)
    expect(story.says).toBe('failed forbidden')
    expect(story.trail).toEqual(['websocket rejected'])
    for (const type of ['wanted', 'unwanted', 'tick', 'replace'] as const) {
      expect(story.tell({ type }).says).toBe('failed forbidden')
    }
    expect(story.tell({ type: 'wake', doubt: true }).says).toBe('failed forbidden')
    expect(story.tell({ type: 'reconnect' }).says).toBe('connecting #0 [0 | 1,2]')
  })

  test('renews a dead token once, and fails when the new one is dead too', () => {
    const story = wanted().fail(0, 'token', 4201)
    expect(story.says).toBe('connecting #0 [0 | 1,2]')
    expect(story.fail(0, 'token', 4201).says).toBe('failed unauthenticated')
    const lucky = wanted().fail(0, 'token', 4201).prove(0).after(20_000).cut(4200)
    expect(lucky.says).toBe('connecting #0 [0 | 1,2]')
  })

  test('does not hammer a server that accepts every token and soon finds it expired', () => {
    const story = wanted()
    story.random = 0
    for (const expected of ['connecting #1', 'waiting #2', 'waiting #3', 'waiting #4']) {
      story.prove(0).after(10).cut(4200)
      expect(story.says).toContain(expected)
      if (story.machine.state.kind === 'waiting') story.tell({ type: 'wake', doubt: false })
    }
  })

  test('keeps what carries when a better rung is told to stay away', () => {
    const story = wanted().after(300).prove(1).fail(0, 'not through here', 4003)
    expect(story.says).toBe('open 1* climbs')
    expect(story.trail).toEqual(['websocket rejected'])
  })

  test('climbs at once when the way up is dead, but only when that is news', () => {
    const story = wanted().fail(0).prove(1)
    const dead = () => {
      const { state } = story.machine
      if (state.kind === 'open') story.tell({ type: 'uplink-dead', id: state.carrier.id, detail: 'blocked' })
    }
    dead()
    expect(story.says).toBe('open 1* [0 | ]')
    story.fail(0)
    dead()
    expect(story.says).toBe('open 1* climbs')
    expect(story.trail).toEqual(['websocket refused', 'sse uplink-dead'])
  })

  test('says so when the environment can use no transport', () => {
    const story = wanted({ unsupported: [true, true, true] })
    expect(story.says).toBe('failed unsupported')
  })

  test('keeps the last twenty verdicts', () => {
    const story = wanted({ remembered: 1 }).prove(1)
    for (let round = 0; round < 15; round++) {
      story.tell({ type: 'wake', doubt: false }).fail(0)
      story
        .tell({ type: 'wake', doubt: false })
        .tell({ type: 'reached', id: story.trial(0).id })
        .fail(0)
    }
    expect(story.trail).toEqual(Array.from({ length: 10 }, () => ['websocket refused', 'websocket flapping']).flat())
  })
})
