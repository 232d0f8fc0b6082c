import { createStore, type Store } from '../lib/store.ts'
import type { Scope } from '../lib/scope.ts'
import type { OpenFrame, OpenObject, RetryWindow, ServerFrame, ServerLimits } from '../protocol/frame.ts'
import { type ConnectionSnapshot, IDLE_SNAPSHOT, snapshotOf } from './connection-snapshot.ts'
import { type ConnectionEvent, type ConnectionState, deadlineOf, type Machine } from './connection-state.ts'
import { transition } from './transition.ts'
import { createLadder, type LadderSettings } from './ladder.ts'
import { type Liveness, watchLiveness } from './liveness.ts'
import { createPageLife } from './page-life.ts'
import type { RungMemory } from './rung-memory.ts'
import type { Subs } from './topics.ts'
import type { Identity, Transport, Wire, WireEnd, WireRequest } from './transport.ts'
import type { Verdict } from './verdict.ts'

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
type Dispatched = DistributiveOmit<ConnectionEvent, 'now' | 'at' | 'random'>

/** One wire that runs, proven or not. */
interface Attempt {
  readonly scope: Scope
  wire: Wire
  /** The cursor that the wire was last asked with. */
  subs: Subs
  open: OpenFrame | undefined
  liveness: Liveness | undefined
  cancelRenewal: () => void
}

export interface ConnectionOptions {
  readonly scope: Scope
  readonly url: () => string
  readonly transports: readonly Transport[]
  readonly settings: LadderSettings
  readonly memory: RungMemory | undefined
  readonly pauseHiddenAfterMs: number | undefined
  /** Who the client is, at this moment; asked once for each wire. `renew`: the token before was refused. */
  readonly identity: (renew: boolean) => Promise<Identity>
  /** The credentials of the wire that carries end soon. */
  readonly onExpiring: (wire: Wire) => void
  /** What it wants to hear, at this moment. */
  readonly subs: () => Subs
  /** What it wants of presence at this moment; said together with these `subs`. */
  readonly wishes?: (subs: Subs) => OpenObject['pres']
  /** Whether a wire asked with this cursor would miss something by now. */
  readonly isStale: (subs: Subs) => boolean
  /** The wire that carries was asked again. */
  readonly onAsked: (subs: Subs) => void
  /** Another wire carries from now on, or none. */
  readonly onCarrier: (wire: Wire | undefined, subs: Subs | undefined, limits: ServerLimits | undefined) => void
  /** Whether anybody needs a connection. */
  readonly wanted: () => boolean
  /** A trial ended or a carrier was proven: a good moment to see whether topics are still to be changed. */
  readonly onSettled: () => void
  /** A frame of the wire that carries. */
  readonly onFrame: (frame: ServerFrame) => void
  readonly onVerdict: (verdict: Verdict) => void
}

export interface Connection {
  readonly snapshot: Store<ConnectionSnapshot>
  dispatch(event: Dispatched): void
  /** The id of the wire that carries. */
  readonly carrierId: number | undefined
}

const IDLE: Machine = { state: { kind: 'idle' }, ladder: createLadder([], undefined) }

/**
 * Keeps a wire alive over time. The only place with effects: it feeds what happens into `transition` and makes the
 * world what the new state says, wires by id and one timer for the earliest deadline.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const { transports, settings, memory } = options
  const snapshot = createStore<ConnectionSnapshot>(IDLE_SNAPSHOT)
  const attempts = new Map<number, Attempt>()
  const queue: Dispatched[] = []
  let machine = IDLE
  let cancelDeadline = () => {}
  let latency: number | null = null
  let offline = false
  /** What makes a time of the monotonic clock one of the wall clock; taken anew after a sleep. */
  let clockOffset = 0

  function dispatch(event: Dispatched): void {
    // Effects dispatch too; each event meets a world that fits the state before it.
    if (queue.push(event) > 1) return
    for (let next = queue[0]; next; queue.shift(), next = queue[0]) step(next)
  }

  function step(event: Dispatched): void {
    if (options.scope.stopped && event.type !== 'dispose') return
    const before = machine
    if (before === IDLE && event.type !== 'unwanted') machine = { ...IDLE, ladder: firstLadder() }
    const at = Date.now()
    machine = transition(machine, { ...event, now: performance.now(), at, random: Math.random() }, settings)
    if (latency !== null && machine.ladder.rttMs !== latency)
      machine = { ...machine, ladder: { ...machine.ladder, rttMs: latency } }
    enter(before, machine)
  }

  function firstLadder() {
    const reasons = transports.map((transport) => transport.unsupported())
    const ladder = createLadder(
      reasons.map((reason) => reason !== undefined),
      memory?.read(),
    )
    const trail = reasons.flatMap((detail, rung): Verdict[] =>
      detail === undefined ? [] : [{ transport: settings.names[rung]!, reason: 'unsupported', detail, at: Date.now() }],
    )
    return { ...ladder, trail }
  }

  function enter(before: Machine, after: Machine): void {
    const { state } = after
    const carrierBefore = before.state.kind === 'open' ? before.state.carrier.id : undefined
    const carrier = state.kind === 'open' ? state.carrier.id : undefined
    const trials = state.kind === 'connecting' || state.kind === 'open' ? state.trials : []
    if (isDeaf(state)) page.sleep()
    else stayAwake()
    if (carrier !== carrierBefore) {
      const attempt = carrier === undefined ? undefined : attempts.get(carrier)
      options.onCarrier(attempt?.wire, attempt?.subs, attempt?.open?.lim)
      if (state.kind === 'open') memory?.write(state.carrier.rung)
    }
    const wanted = new Set([carrier, ...trials.map(({ id }) => id)])
    for (const [id, { scope }] of attempts) {
      if (!wanted.has(id)) scope.stop()
    }
    for (const { id, rung } of trials) {
      if (!attempts.has(id)) start(id, transports[rung]!)
    }
    cancelDeadline()
    const deadline = deadlineOf(state)
    cancelDeadline =
      deadline < Infinity && page.awake
        ? page.awake.after(deadline - performance.now(), () => dispatch({ type: 'tick' }))
        : () => {}
    publish()
    for (const verdict of after.ladder.trail) {
      if (!before.ladder.trail.includes(verdict)) options.onVerdict(verdict)
    }
    const settledBefore = before.state.kind === 'open' && before.state.trials.length === 0
    if (state.kind === 'open' && trials.length === 0 && (!settledBefore || carrier !== carrierBefore))
      options.onSettled()
  }

  /** A snapshot keeps its identity until something in it changes. */
  function publish(): void {
    const next = snapshotOf(machine, { names: settings.names, latency, offline, clockOffset })
    const now = snapshot.get() as unknown as Readonly<Record<string, unknown>>
    if (Object.entries(next).some(([key, value]) => now[key] !== value)) snapshot.set(Object.freeze(next))
  }

  function stayAwake(): void {
    if (!page.stayAwake()) return
    clockOffset = Date.now() - performance.now()
    offline = (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false
  }

  const page = createPageLife({
    scope: options.scope,
    pauseHiddenAfterMs: options.pauseHiddenAfterMs,
    onSignal(signal) {
      if (signal === 'online' || signal === 'offline') offline = signal === 'offline'
      publish()
    },
    onSuspend: (reason) => dispatch({ type: 'suspend', reason }),
    onWake: wake,
  })

  function wake(signal: 'wake' | 'jump' | 'online'): void {
    clockOffset = Date.now() - performance.now()
    const { state } = machine
    if (state.kind === 'suspended' && state.reason !== 'manual')
      return dispatch({ type: 'resume', wanted: options.wanted() })
    const carrier = state.kind === 'open' ? attempts.get(state.carrier.id) : undefined
    const { liveness } = carrier ?? {}
    // A wire that cannot be asked is doubted for less: another one beside it is the question.
    const slept = signal !== 'wake' || liveness?.overdue === true
    const doubt = liveness !== undefined && (liveness.overdue || (slept && !carrier!.wire.send))
    dispatch({ type: 'wake', doubt })
    liveness?.check({ slept, suspected: doubt })
  }

  function start(id: number, transport: Transport): void {
    const scope = options.scope.child()
    const askedAt = performance.now()
    const attempt: Attempt = {
      scope,
      subs: {},
      open: undefined,
      liveness: undefined,
      wire: { close() {} },
      cancelRenewal() {},
    }
    attempts.set(id, attempt)
    scope.defer(() => {
      attempts.delete(id)
      attempt.wire.close()
    })
    let asking: Promise<Identity> | undefined
    const identity = () => {
      asking ??= options.identity(machine.ladder.renewed).catch((error: unknown) => {
        asking = undefined
        throw error
      })
      return asking
    }
    const request: WireRequest = {
      url: options.url(),
      async openObject() {
        const who = await identity()
        attempt.subs = options.subs()
        const pres = options.wishes?.(attempt.subs)
        // A long poll asks again and again, each time for what is wanted by then.
        if (isCarrier(id)) options.onAsked(attempt.subs)
        return { ...who, subs: attempt.subs, ...(pres && { pres }), caps: [] }
      },
      identity,
      events: {
        reached: () => dispatch({ type: 'reached', id }),
        alive: () => attempt.liveness?.alive(),
        frames: (frames) => receive(id, attempt, frames, askedAt),
        ended: (end) => ended(id, attempt, end),
      },
    }
    try {
      attempt.wire = transport.open(request)
    } catch (cause) {
      // Such as a page's policy that forbids WebSockets: another transport may be allowed.
      ended(id, attempt, { message: String(cause), cause })
    }
  }

  function ended(id: number, attempt: Attempt, end: WireEnd, retry?: RetryWindow): void {
    if (attempt.scope.stopped) return
    dispatch({ type: 'ended', id, end, ...(retry && { retry }) })
  }

  function receive(id: number, attempt: Attempt, frames: readonly ServerFrame[], askedAt: number): void {
    for (const frame of frames) {
      // Late frames of a wire that was replaced or closed, also by an earlier frame of this batch.
      if (attempt.scope.stopped) return
      if (frame.t === 'open') takeOpen(id, attempt, frame, askedAt)
      else if (frame.t === 'bye')
        return ended(id, attempt, { code: frame.code, message: `the server said goodbye: ${frame.why}` }, frame.retry)
      else if (!attempt.open) {
        const code = frame.t === 'err' ? { code: frame.code } : {}
        const came = frame.t === 'err' ? frame.msg : `a frame ${JSON.stringify(frame.t)}`
        return ended(id, attempt, { ...code, message: `expected the server's open frame first, got ${came}` })
      } else if (frame.t === 'hb') takeHeartbeat(attempt, frame)
      else if (frame.t === 'auth') watchExpiry(attempt, frame.exp)
      else if (isCarrier(id)) options.onFrame(frame)
    }
  }

  function takeOpen(id: number, attempt: Attempt, frame: OpenFrame, askedAt: number): void {
    // A long poll's every answer begins with one; the first is the proof.
    if (attempt.open) return
    if (options.isStale(attempt.subs)) return dispatch({ type: 'stale', id })
    attempt.open = frame
    const measured = performance.now() - askedAt
    latency = latency === null ? measured : Math.min(latency, measured)
    dispatch({ type: 'proven', id, retry: frame.retry })
    if (!isCarrier(id)) return
    const { send } = attempt.wire
    attempt.liveness = watchLiveness(attempt.scope, {
      heartbeatMs: frame.hb,
      rttMs: () => latency ?? 0,
      ping: send && (() => send([{ t: 'hb', ts: Math.round(performance.now()) }])),
      onQuiet: () => dispatch({ type: 'suspect' }),
      onRevived: () => dispatch({ type: 'revived' }),
      onDead: (silentMs) =>
        ended(id, attempt, { message: `nothing arrived for ${silentMs} ms, although the server was asked` }),
    })
    watchExpiry(attempt, frame.exp)
    // Measures the round trip on this wire, and proves its uplink once more.
    send?.([{ t: 'hb', ts: Math.round(performance.now()) }])
  }

  function takeHeartbeat(attempt: Attempt, { re }: Extract<ServerFrame, { t: 'hb' }>): void {
    if (re === undefined) return attempt.wire.send?.([{ t: 'hb' }])
    latency = Math.max(0, performance.now() - re)
    attempt.liveness?.answered(re)
    publish()
  }

  /** Early enough for a second try, and not all clients of a restarted server at once. */
  function watchExpiry(attempt: Attempt, expiresInMs: number | undefined): void {
    attempt.cancelRenewal()
    if (expiresInMs === undefined) return
    attempt.cancelRenewal = attempt.scope.after(expiresInMs * (0.7 + 0.2 * Math.random()), () =>
      options.onExpiring(attempt.wire),
    )
  }

  const isCarrier = (id: number) => machine.state.kind === 'open' && machine.state.carrier.id === id

  return {
    snapshot,
    dispatch,
    get carrierId() {
      return machine.state.kind === 'open' ? machine.state.carrier.id : undefined
    },
  }
}

/** Only a call gets it out of this state: a client that nobody wants must not hold on to the page. */
const isDeaf = (state: ConnectionState): boolean =>
  state.kind === 'idle' || state.kind === 'failed' || (state.kind === 'suspended' && state.reason === 'manual')
