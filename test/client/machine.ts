import { expect } from 'vitest'
import {
  type ConnectionEvent,
  type ConnectionState,
  deadlineOf,
  type Machine,
} from '../../src/client/connection-state.ts'
import { createLadder, type LadderSettings, rungsAbove } from '../../src/client/ladder.ts'
import { transition } from '../../src/client/transition.ts'

const SETTINGS: LadderSettings = {
  names: ['websocket', 'sse', 'longpoll'],
  raceAfterMs: 300,
  proveWithinMs: 5_000,
  stableMs: 10_000,
  climb: { minMs: 10_000, maxMs: 600_000 },
  retry: { minMs: 500, maxMs: 5_000 },
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
/** An event without its clocks and dice. */
export type Happening = DistributiveOmit<ConnectionEvent, 'now' | 'at' | 'random'>

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

const raceOf = (state: ConnectionState) =>
  state.kind === 'connecting' || state.kind === 'open' ? state : { trials: [], queue: [] }

const idsOf = (state: ConnectionState): number[] => [
  ...raceOf(state).trials.map(({ id }) => id),
  ...(state.kind === 'open' ? [state.carrier.id] : []),
]

/** One transition, with everything that must hold around each of them. */
export function step(machine: Machine, event: ConnectionEvent, settings: LadderSettings = SETTINGS): Machine {
  deepFreeze(machine)
  deepFreeze(event)
  const next = transition(machine, event, settings)
  expect(transition(machine, event, settings), 'the same again gives the same').toEqual(next)
  assertSound(next, event.now)
  const before = idsOf(machine.state)
  expect(next.ladder.nextId).toBeGreaterThanOrEqual(machine.ladder.nextId)
  for (const id of idsOf(next.state)) {
    if (!before.includes(id)) expect(id, 'no id is used twice').toBeGreaterThanOrEqual(machine.ladder.nextId)
  }
  return next
}

/** What is true of every machine. */
export function assertSound({ state, ladder }: Machine, now: number): void {
  const ids = idsOf(state)
  expect(new Set(ids).size, 'ids are unique').toBe(ids.length)
  expect(Math.max(0, ...ids)).toBeLessThan(ladder.nextId)
  expect(ladder.trail.length).toBeLessThanOrEqual(20)
  expect(deadlineOf(state)).not.toBeNaN()
  const { trials, queue } = raceOf(state)
  const rungs = [...trials.map(({ rung }) => rung), ...queue]
  expect(new Set(rungs).size, `a rung is tried once: ${rungs.join()}`).toBe(rungs.length)
  if (state.kind === 'connecting') expect(trials, 'something is tried').not.toEqual([])
  if (state.kind === 'waiting') expect(state.retryAt).toBeGreaterThanOrEqual(now)
  if (state.kind !== 'open') return
  const { carrier, climbAt } = state
  const above = rungsAbove(ladder, carrier.rung)
  if (!carrier.suspect) expect(Math.max(-1, ...rungs), 'nothing worse is tried').toBeLessThanOrEqual(carrier.rung)
  if (climbAt < Infinity) {
    expect(above, 'only from a lower rung').not.toEqual([])
    expect(
      rungs.filter((rung) => rung < carrier.rung),
      'no climb beside a climb',
    ).toEqual([])
  } else if (rungs.length === 0) expect(above, 'a lower rung is never for good').toEqual([])
}

/** A machine that lives through a story; clocks and dice are the story's. */
export class Story {
  machine: Machine
  now = 1_000
  random = 0.5
  readonly settings: LadderSettings

  constructor({
    remembered,
    unsupported = [false, false, false],
    ...settings
  }: { remembered?: number; unsupported?: boolean[] } & Partial<LadderSettings> = {}) {
    this.settings = { ...SETTINGS, ...settings }
    this.machine = { state: { kind: 'idle' }, ladder: createLadder(unsupported, remembered) }
  }

  tell(event: Happening): this {
    this.machine = step(this.machine, { now: this.now, at: 0, random: this.random, ...event }, this.settings)
    return this
  }

  /** Time passes; every deadline on the way is met. */
  after(ms: number): this {
    const until = this.now + ms
    while (deadlineOf(this.machine.state) <= until) {
      this.now = deadlineOf(this.machine.state)
      this.tell({ type: 'tick' })
      if (deadlineOf(this.machine.state) <= this.now) throw new Error(`a deadline was met and stays: ${this.says}`)
    }
    this.now = until
    return this
  }

  /** The trial of a rung. */
  trial(rung: number): { id: number; proveBy: number } {
    const trial = raceOf(this.machine.state).trials.find((other) => other.rung === rung)
    if (!trial) throw new Error(`expected a trial of rung ${rung}, got ${say(this.machine.state)}`)
    return trial
  }

  prove(rung: number, retry: readonly [number, number] = [0, 0]): this {
    return this.tell({ type: 'proven', id: this.trial(rung).id, retry })
  }

  fail(rung: number, message = 'no', code?: number): this {
    const end = code === undefined ? { message } : { message, code }
    return this.tell({ type: 'ended', id: this.trial(rung).id, end })
  }

  cut(code?: number): this {
    const { state } = this.machine
    if (state.kind !== 'open') throw new Error(`expected an open connection, got ${say(state)}`)
    const end = code === undefined ? { message: 'cut' } : { message: 'cut', code }
    return this.tell({ type: 'ended', id: state.carrier.id, end })
  }

  get says(): string {
    return say(this.machine.state)
  }

  get trail(): string[] {
    return this.machine.ladder.trail.map(({ transport, reason }) => `${transport} ${reason}`)
  }
}

/**
 * A state in a few words. A race is `[tried now | tried next]`, in rungs; `+` marks a trial that is new at `newFrom`.
 * `climbs` ends a state that will climb by itself.
 */
export function say(state: ConnectionState, newFrom = Infinity): string {
  const race = () => {
    const { trials, queue } = raceOf(state)
    const tried = trials.map(({ id, rung, reached }) => `${id >= newFrom ? '+' : ''}${rung}${reached ? '!' : ''}`)
    return trials.length + queue.length > 0 ? ` [${tried.join()} | ${queue.join()}]` : ''
  }
  switch (state.kind) {
    case 'connecting':
      return `connecting #${state.attempt}${race()}`
    case 'open': {
      const { rung, suspect, id } = state.carrier
      const climbs = state.climbAt < Infinity ? ' climbs' : ''
      return `open ${rung}${id < 9 ? '*' : ''}${suspect ? ` ${suspect}` : ''}${race()}${climbs}`
    }
    case 'waiting':
      return `waiting #${state.attempt}`
    case 'suspended':
      return `suspended ${state.reason}`
    case 'failed':
      return `failed ${state.error.code}`
    case 'idle':
      return 'idle'
  }
}
