import { backoffMs } from '../../lib/backoff.ts'
import { randomId } from '../../lib/random-id.ts'
import type { Scope } from '../../lib/scope.ts'
import { createStore } from '../../lib/store.ts'
import { EverwireError } from '../../protocol/errors.ts'
import { VERSION } from '../../protocol/frame.ts'
import type { Connection, ConnectionOptions } from '../connection.ts'
import { type ConnectionSnapshot, IDLE_SNAPSHOT } from '../connection-snapshot.ts'
import type { CoreOptions } from '../options.ts'
import { createPageLife } from '../page-life.ts'
import { startHub } from './hub.ts'
import { watchLeader } from './leader-watch.ts'
import { campaign, holdLock, watchLock } from './locks.ts'
import { createPort, type Port, type PortOptions } from './port.ts'
import type { HubMessage, TabMessage } from './tab-message.ts'

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** One membership: from joining the group to leaving it. */
interface Membership {
  readonly scope: Scope
  /** Absent until it is known which group it is. */
  port: Port | undefined
  say: PortOptions['say']
}

/**
 * The connection of a tab that shares one with the other tabs of its group: same server, same token. The tab that holds
 * the group's Web Lock leads: it has the wire. All tabs, that one too, talk to it over a BroadcastChannel; each has its
 * own cursor and its own outbox, so a hand-over is for them what a reconnect is.
 */
export function createTabConnection(options: ConnectionOptions, core: CoreOptions): Connection {
  const snapshot = createStore<ConnectionSnapshot>(IDLE_SNAPSHOT)
  const self = randomId(12)
  let member: Membership | undefined
  let isSuspended: 'manual' | 'hidden' | 'frozen' | undefined
  let token: string | undefined
  /** The latest hub that was heard in any group. */
  let lastHub = 0

  /** Replaces the snapshot; the trail stays. */
  const show = (next: DistributiveOmit<ConnectionSnapshot, 'trail'>) =>
    snapshot.set({ ...next, trail: snapshot.get().trail })

  function join(attempt = 0): void {
    if (member || options.scope.stopped) return
    isSuspended = undefined
    page.stayAwake()
    const scope = options.scope.child()
    member = { scope, port: undefined, say() {} }
    if (attempt === 0) show({ status: 'connecting', transport: null, attempt, error: null })
    enter(member).catch((cause: unknown) => {
      if (!scope.stopped) wait(scope, attempt, cause)
    })
  }

  /** Without a token nothing is known of the group; the next try may have one. */
  function wait(scope: Scope, attempt: number, cause: unknown): void {
    const message = `could not say who this client is: ${String(cause)}`
    const error = new EverwireError('unreachable', message, { retryable: true, cause })
    const waitMs = backoffMs(attempt, options.settings.retry, Math.random())
    const retryAt = Math.round(Date.now() + waitMs)
    show({ status: 'reconnecting', transport: null, attempt: attempt + 1, retryAt, error })
    scope.after(waitMs, () => {
      leave()
      join(attempt + 1)
    })
  }

  async function enter(mine: Membership): Promise<void> {
    const { scope } = mine
    token = (await options.identity(false)).auth
    const group = await groupOf(options.url(), token)
    // Held as long as this tab is there: by it the leader sees a tab that crashed.
    if (!scope.stopped) await holdLock(scope, lockOf(group, self))
    if (scope.stopped) return
    const channel = new BroadcastChannel(group)
    mine.say = (message) => channel.postMessage({ to: 'hub', from: self, ...message })
    scope.defer(() => {
      mine.say({ say: 'leave' })
      mine.say = () => {}
      channel.close()
    })
    const port = createPort({ ...options, scope, self, snapshot, say: (message) => mine.say(message) })
    mine.port = port
    const lead = (leading: Scope) => startLeading(leading, group)
    const heard = watchLeader(scope, {
      ping: () => mine.say({ say: 'ping' }),
      onStuck: () => campaign(scope, group, lead, true),
    })
    scope.listen(channel, 'message', ({ data }: { data: HubMessage | TabMessage }) => {
      if (data.to === 'hub') return
      heard()
      port.hear(data as HubMessage)
      lastHub = Math.max(lastHub, port.hub)
    })
    campaign(scope, group, lead)
    mine.say({ say: 'join', subs: options.subs() })
  }

  function startLeading(leading: Scope, group: string): void {
    const channel = new BroadcastChannel(group)
    leading.defer(() => channel.close())
    startHub({
      scope: leading,
      core,
      identity: options.identity,
      url: options.url,
      channel,
      self: Math.max(Date.now(), lastHub + 1) + Math.random(),
      watchTab: (tab, watching, gone) => watchLock(watching, lockOf(group, tab), gone),
    })
  }

  function leave(): void {
    const left = member
    member = undefined
    left?.scope.stop()
  }

  function suspend(reason: 'manual' | 'hidden' | 'frozen'): void {
    if (snapshot.get().status === 'failed' || (isSuspended && reason !== 'manual')) return
    isSuspended = reason
    if (reason === 'manual') page.sleep()
    leave()
    show({ status: 'suspended', transport: null, reason, error: null })
  }

  function resume(wanted: boolean): void {
    if (!isSuspended) return
    isSuspended = undefined
    show(IDLE_SNAPSHOT)
    if (wanted) join()
  }

  /** Another token is another group. */
  async function reconnect(): Promise<void> {
    const joined = member
    const next = (await options.identity(false).catch(() => undefined))?.auth
    const isSame = joined?.port && joined === member && next === token && snapshot.get().status !== 'failed'
    if (isSame) return joined.say({ say: 'reconnect' })
    leave()
    join()
  }

  const page = createPageLife({
    scope: options.scope,
    pauseHiddenAfterMs: options.pauseHiddenAfterMs,
    onSuspend: (reason) => member && suspend(reason),
    onWake() {
      if (member && !member.port && snapshot.get().status === 'reconnecting') {
        leave()
        join()
      } else if (isSuspended !== 'manual') resume(options.wanted())
    },
  })

  return {
    snapshot,
    dispatch(event) {
      switch (event.type) {
        case 'wanted':
          if (!isSuspended && snapshot.get().status !== 'failed') join()
          return
        case 'unwanted':
        case 'dispose':
          page.sleep()
          if (!member) return
          leave()
          show(IDLE_SNAPSHOT)
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
          member?.port?.replace()
          return
        // The others are about wires of one's own.
        default:
      }
    },
    carrierId: undefined,
  }
}

const lockOf = (group: string, tab: string) => `${group} ${tab}`

/** The name of a group: who may not see another's messages does not know it. */
async function groupOf(url: string, token: string | undefined): Promise<string> {
  const text = new TextEncoder().encode(`${VERSION}\n${url}\n${token ?? ''}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return `everwire ${btoa(String.fromCharCode(...digest))}`
}
