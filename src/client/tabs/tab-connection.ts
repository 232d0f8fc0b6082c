import { listenToPage } from '../../lib/page-signals.ts'
import { randomId } from '../../lib/random-id.ts'
import { createScope, type Scope } from '../../lib/scope.ts'
import { createStore } from '../../lib/store.ts'
import { EverwireError } from '../../protocol/errors.ts'
import { type ClientFrame, VERSION } from '../../protocol/frame.ts'
import type { Connection, ConnectionOptions } from '../connection.ts'
import type { ConnectionSnapshot } from '../connection-snapshot.ts'
import type { CoreOptions } from '../options.ts'
import type { Wire } from '../transport.ts'
import { startHub } from './hub.ts'
import { type HubMessage, type HubState, revive, type TabMessage } from './tab-message.ts'

/** How long nothing may be heard of the tab that leads before it is asked, and how long it has for its answer. */
const QUIET_MS = 3_000
const ANSWER_MS = 2_500
/** Tabs that find the leader stuck do not all take over at once. */
const SPREAD_MS = 1_500
/** A timer that is later than this met a thread that was busy or asleep: what was said meanwhile still waits. */
const LATE_MS = 250

const IDLE: ConnectionSnapshot = { status: 'idle', transport: null, error: null, trail: [] }

/** One membership: from joining the group to leaving it. */
interface Membership {
  readonly scope: Scope
  readonly post: (message: TabMessage) => void
}

/**
 * The connection of a tab that shares one with the other tabs of its group: same server, same token. The tab that holds
 * the group's Web Lock leads: it has the wire. All tabs, that one too, talk to it over a BroadcastChannel; each has its
 * own cursor and its own outbox, so a hand-over is for them what a reconnect is.
 */
export function createTabConnection(options: ConnectionOptions, core: CoreOptions): Connection {
  const snapshot = createStore<ConnectionSnapshot>(IDLE)
  const self = randomId(12)
  let member: Membership | undefined
  let isSuspended: 'manual' | 'hidden' | 'frozen' | undefined
  let token: string | undefined
  /** The latest hub that was heard. */
  let lastHub = 0
  /** Page signals; only while they can change anything. */
  let awake: Scope | undefined
  let cancelPause = () => {}

  function join(): void {
    if (member || options.scope.stopped) return
    isSuspended = undefined
    stayAwake()
    const scope = options.scope.child()
    member = { scope, post() {} }
    snapshot.set({ status: 'connecting', transport: null, attempt: 0, error: null, trail: snapshot.get().trail })
    void enter(member).catch((cause: unknown) => {
      if (scope.stopped) return
      leave()
      const error = new EverwireError('unauthenticated', `could not say who this client is: ${String(cause)}`, {
        retryable: true,
        cause,
      })
      snapshot.set({ status: 'failed', transport: null, error, trail: snapshot.get().trail })
    })
  }

  async function enter(mine: Membership): Promise<void> {
    const { scope } = mine
    token = (await options.identity(false)).auth
    const group = await groupOf(options.url(), token)
    if (scope.stopped) return
    const lock = `${group} ${self}`
    // Held as long as this tab is there: by it the leader sees a tab that crashed.
    await new Promise<void>((held) => {
      void navigator.locks
        .request(lock, { signal: scope.signal }, () => {
          held()
          return stopOf(scope)
        })
        .catch(() => held())
    })
    if (scope.stopped) return
    const channel = new BroadcastChannel(group)
    const post = (message: TabMessage) => {
      // Already closed where leaving came first.
      if (!scope.stopped) channel.postMessage(message)
    }
    member = Object.assign(mine, { post })
    scope.defer(() => {
      channel.postMessage({ to: 'hub', from: self, say: 'leave' } satisfies TabMessage)
      channel.close()
    })
    const port = createPort(mine)
    const watch = watchLeader(scope, {
      ping: () => post({ to: 'hub', from: self, say: 'ping' }),
      onStuck: () => campaign(mine, group, true),
    })
    scope.listen(channel, 'message', ({ data }: { data: HubMessage | TabMessage }) => {
      if (data.to === 'hub') return
      watch.heard()
      port(data as HubMessage)
    })
    campaign(mine, group, false)
    post({ to: 'hub', from: self, say: 'join', subs: options.subs() })
  }

  /** Waits to lead, or takes the lead from a tab that does not answer. */
  function campaign({ scope }: Membership, group: string, steal: boolean): void {
    const leading = createScope()
    scope.defer(leading.stop)
    void navigator.locks
      .request(group, steal ? { steal } : { signal: scope.signal }, () => {
        if (scope.stopped || leading.stopped) return
        const channel = new BroadcastChannel(group)
        leading.defer(() => channel.close())
        startHub({
          scope: leading,
          core,
          identity: options.identity,
          url: options.url,
          channel,
          self: Math.max(Date.now(), lastHub + 1) + Math.random(),
          watchTab(tab, watching, gone) {
            void navigator.locks
              .request(`${group} ${tab}`, { signal: watching.signal }, () => {
                if (!watching.stopped) gone()
              })
              .catch(() => {})
          },
        })
        return stopOf(leading)
      })
      .catch(() => {
        // Taken by another tab, which found this one stuck: it goes on as one of those who follow.
        if (leading.stopped || scope.stopped) return
        leading.stop()
        campaign({ scope, post() {} }, group, false)
      })
  }

  /** What this tab hears from the hub. */
  function createPort({ scope, post }: Membership): (message: HubMessage) => void {
    let hub = 0
    let lastLimits: HubState['limits']
    let isOpen = false
    /** Topics whose last question was answered: only of those is heard what is said to all. */
    const followed = new Set<string>()
    const say = (frames: readonly ClientFrame[]) => {
      for (const frame of frames) {
        if (frame.t === 'sub') for (const topic of Object.keys(frame.c)) followed.delete(topic)
        if (frame.t === 'unsub') for (const topic of frame.c) followed.delete(topic)
      }
      post({ to: 'hub', from: self, say: 'frames', frames })
    }

    function carry(limits: HubState['limits']): void {
      const subs = options.subs()
      followed.clear()
      let isClosed = false
      const wire: Wire = {
        send: (frames) => !isClosed && say(frames),
        close: () => void (isClosed = true),
      }
      options.onCarrier(wire, subs, limits)
      if (Object.keys(subs).length > 0) say([{ t: 'sub', c: subs }])
    }

    scope.defer(() => {
      if (isOpen) options.onCarrier(undefined, undefined, undefined)
    })
    replace = () => isOpen && carry(lastLimits)

    return (message) => {
      // Of a tab that leads no more.
      if (message.hub < hub) return
      if (message.say === 'state') {
        const isNew = message.hub > hub
        hub = lastHub = message.hub
        const before = snapshot.get()
        const next = revive(message.state.snapshot)
        lastLimits = message.state.limits
        const opens = next.status === 'open'
        // A new hub gathers what its tabs want before it asks the server.
        if (isNew) post({ to: 'hub', from: self, say: 'join', subs: options.subs() })
        if (isOpen && (!opens || isNew)) {
          isOpen = false
          followed.clear()
          options.onCarrier(undefined, undefined, undefined)
        }
        if (opens && !isOpen) {
          isOpen = true
          carry(lastLimits)
        }
        if (JSON.stringify(next) !== JSON.stringify(before)) snapshot.set(next)
        for (const verdict of next.trail) {
          if (
            !before.trail.some(
              ({ at, transport, reason }) =>
                at === verdict.at && transport === verdict.transport && reason === verdict.reason,
            )
          )
            options.onVerdict(verdict)
        }
        return
      }
      if (message.say !== 'frames' || !isOpen) return
      const isMine = message.to === self
      if (!isMine && message.to !== 'all') return
      for (const frame of message.frames) {
        const topic = 'c' in frame ? frame.c : undefined
        if (!isMine && (topic === undefined || !followed.has(topic))) continue
        if (isMine && frame.t === 'sub') followed.add(frame.c)
        options.onFrame(frame)
      }
    }
  }

  /** Asks again for everything from where this tab stands. */
  let replace: () => unknown = () => {}

  function leave(): void {
    const left = member
    member = undefined
    replace = () => {}
    left?.scope.stop()
  }

  function suspend(reason: 'manual' | 'hidden' | 'frozen'): void {
    if (snapshot.get().status === 'failed' || (isSuspended && reason !== 'manual')) return
    isSuspended = reason
    if (reason === 'manual') sleep()
    leave()
    snapshot.set({ status: 'suspended', transport: null, reason, error: null, trail: snapshot.get().trail })
  }

  /** Another token is another group. */
  async function reconnect(): Promise<void> {
    const joined = member
    const next = (await options.identity(false).catch(() => undefined))?.auth
    if (joined && joined === member && next === token && snapshot.get().status !== 'failed')
      return joined.post({ to: 'hub', from: self, say: 'reconnect' })
    leave()
    join()
  }

  function stayAwake(): void {
    if (awake) return
    awake = options.scope.child()
    listenToPage(awake, (signal) => {
      cancelPause()
      if (signal === 'hidden' && options.pauseHiddenAfterMs !== undefined && member)
        cancelPause = awake!.after(options.pauseHiddenAfterMs, () => suspend('hidden'))
      if (signal === 'leave' && member) suspend('frozen')
      if (signal === 'wake' || signal === 'jump' || signal === 'online') {
        if (isSuspended !== 'manual') resume(options.wanted())
      }
    })
  }

  function sleep(): void {
    awake?.stop()
    awake = undefined
  }

  function resume(wanted: boolean): void {
    if (!isSuspended) return
    isSuspended = undefined
    snapshot.set({ ...IDLE, trail: snapshot.get().trail })
    if (wanted) join()
  }

  return {
    snapshot,
    dispatch(event) {
      switch (event.type) {
        case 'wanted':
          if (!isSuspended && snapshot.get().status !== 'failed') join()
          return
        case 'unwanted':
        case 'dispose':
          sleep()
          if (!member) return
          leave()
          snapshot.set({ ...IDLE, trail: snapshot.get().trail })
          return
        case 'suspend':
          return suspend(event.reason)
        case 'resume':
          return resume(event.wanted)
        case 'reconnect':
          isSuspended = undefined
          void reconnect()
          return
        case 'replace':
          replace()
          return
        // The others are about wires of one's own.
        default:
      }
    },
    carrierId: undefined,
  }
}

/** Stays until the scope stops. */
const stopOf = (scope: Scope) => new Promise<void>((resolve) => void scope.defer(resolve))

/** The name of a group: who may not see another's messages does not know it. */
async function groupOf(url: string, token: string | undefined): Promise<string> {
  const text = new TextEncoder().encode(`${VERSION}\n${url}\n${token ?? ''}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return `everwire ${btoa(String.fromCharCode(...digest))}`
}

/** Whether the tab that leads still speaks. Timers of hidden tabs are throttled; what it answers is not. */
function watchLeader(scope: Scope, { ping, onStuck }: { ping: () => void; onStuck: () => void }) {
  let heardAt = performance.now()
  let isAsking = false

  /** Runs after a wait; once more a little later where the thread was busy meanwhile. */
  function after(ms: number, run: () => void, isLast = false): void {
    const due = performance.now() + ms
    scope.after(ms, () => {
      if (isLast || performance.now() - due < LATE_MS) run()
      else after(LATE_MS, run, true)
    })
  }

  function check(): void {
    after(QUIET_MS, check)
    if (isAsking || performance.now() - heardAt < QUIET_MS) return
    isAsking = true
    const askedAt = performance.now()
    ping()
    after(ANSWER_MS + Math.random() * SPREAD_MS, () => {
      isAsking = false
      if (heardAt < askedAt) onStuck()
    })
  }

  after(QUIET_MS, check)
  return {
    heard() {
      heardAt = performance.now()
    },
  }
}
