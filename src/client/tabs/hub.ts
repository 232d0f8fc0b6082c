import type { Scope } from '../../lib/scope.ts'
import { EverwireError } from '../../protocol/errors.ts'
import type { ServerFrame, ServerLimits } from '../../protocol/frame.ts'
import type { From } from '../../protocol/position.ts'
import { type ConnectionOptions, createConnection } from '../connection.ts'
import type { ConnectionSnapshot } from '../connection-snapshot.ts'
import { createCore } from '../create-core.ts'
import type { CoreOptions } from '../options.ts'
import { createRelay, GATHER_MS } from './relay.ts'
import { flatten, type HubMessage, type TabMessage } from './tab-message.ts'

/** How long the server may take to answer for one tab, in milliseconds. */
const ANSWER_MS = 10_000

export interface HubOptions {
  readonly scope: Scope
  readonly core: CoreOptions
  /** Who the client is, and where the server: of the tab that leads. */
  readonly identity: ConnectionOptions['identity']
  readonly url: () => string
  readonly channel: BroadcastChannel
  /** Names this hub; above those before it. */
  readonly self: number
  /** Calls `gone` when the tab is no more, however it ended. */
  readonly watchTab: (tab: string, scope: Scope, gone: () => void) => void
}

/** Runs in the tab that leads: one client with the wire, and the relay that brings it to all tabs. */
export function startHub({ scope, core, identity, url, channel, self, watchTab }: HubOptions): void {
  const queue: { to: string; frames: ServerFrame[] }[] = []
  const tabs = new Map<string, Scope>()
  let limits: ServerLimits | undefined

  const say = (message: HubMessage) => {
    if (!scope.stopped) channel.postMessage(message)
  }

  /** One message for all frames of a task that go to the same tabs, in the order they were said. */
  function post(to: string, frames: readonly ServerFrame[]): void {
    const last = queue.at(-1)
    if (last?.to === to) return void last.frames.push(...frames)
    if (queue.push({ to, frames: [...frames] }) > 1) return
    queueMicrotask(() => {
      for (const { to: tab, frames: said } of queue.splice(0)) say({ hub: self, to: tab, say: 'frames', frames: said })
    })
  }

  const hub = createCore(
    {
      ...core,
      pauseHiddenAfterMs: undefined,
      outbox: { limit: 100_000, maxBytes: 2 ** 30 },
    },
    (options) =>
      createConnection({
        ...options,
        onCarrier(wire, subs, told) {
          limits = told
          options.onCarrier(wire, subs, told)
        },
      }),
  )
  scope.defer(() => hub.dispose())

  /** A wire of its own for one question; it is over with the answer. */
  function askServer(topic: string, from: From): Promise<readonly ServerFrame[]> {
    const { transport: name } = hub.connection.getSnapshot()
    const transport = core.transports.find((other) => other.name === name)
    if (!transport) return Promise.reject(new EverwireError('offline', 'the connection is away', { retryable: true }))
    const asking = scope.child()
    return new Promise<readonly ServerFrame[]>((resolve, reject) => {
      const frames: ServerFrame[] = []
      const fail = (message: string) => reject(new EverwireError('unreachable', message, { retryable: true }))
      asking.after(ANSWER_MS, () => fail('the server did not answer in time'))
      asking.defer(() => fail('the tab does not lead any more'))
      const wire = transport.open({
        url: url(),
        identity: () => identity(false),
        openObject: async () => ({ ...(await identity(false)), subs: { [topic]: from }, caps: [] }),
        events: {
          reached() {},
          alive() {},
          frames(batch) {
            for (const frame of batch) {
              if (!('c' in frame) || frame.c !== topic) continue
              frames.push(frame)
              if (frame.t === 'sub' || frame.t === 'unsub') resolve(frames)
            }
          },
          ended: ({ message }) => fail(message),
        },
      })
      asking.defer(() => wire.close())
    }).finally(asking.stop)
  }

  const relay = createRelay({ scope, hub, post, askServer })

  function publish(): void {
    const snapshot = hub.connection.getSnapshot()
    relay.setOpen(snapshot.status === 'open')
    // It is wanted, although it has not begun: no tab is to see it fall back to nothing.
    const shown: ConnectionSnapshot =
      snapshot.status === 'idle' ? { ...snapshot, status: 'connecting', attempt: 0 } : snapshot
    say({ hub: self, to: 'all', say: 'state', state: { snapshot: flatten(shown), limits } })
  }

  function leave(tab: string): void {
    tabs.get(tab)?.stop()
    tabs.delete(tab)
    relay.leave(tab)
  }

  scope.listen(channel, 'message', ({ data }: { data: TabMessage | HubMessage }) => {
    if (data.to !== 'hub') return
    const message = data as TabMessage
    const { from } = message
    if (message.say === 'leave') return leave(from)
    if (message.say === 'ping') return say({ hub: self, to: 'all', say: 'pong' })
    if (!tabs.has(from)) {
      const watching = scope.child()
      tabs.set(from, watching)
      watchTab(from, watching, () => leave(from))
    }
    if (message.say === 'frames') relay.take(from, message.frames)
    else if (message.say === 'reconnect') hub.reconnect()
    else if (message.say === 'join') {
      relay.join(from, message.subs)
      publish()
    }
  })
  scope.defer(hub.connection.subscribe(publish))
  publish()
  // After the relay has gathered what the tabs want, so that the first wire is asked for all of it.
  scope.after(GATHER_MS, () => hub.connect())
}
