import type { Scope } from '../../lib/scope.ts'
import type { Store } from '../../lib/store.ts'
import type { ClientFrame, ServerFrame } from '../../protocol/frame.ts'
import type { ConnectionOptions } from '../connection.ts'
import type { ConnectionSnapshot } from '../connection-snapshot.ts'
import type { Verdict } from '../verdict.ts'
import { type HubMessage, type HubState, revive, type TabMessage } from './tab-message.ts'

type Said = TabMessage extends infer Message
  ? Message extends TabMessage
    ? Omit<Message, 'to' | 'from'>
    : never
  : never

export interface PortOptions extends Pick<ConnectionOptions, 'subs' | 'onCarrier' | 'onFrame' | 'onVerdict'> {
  readonly scope: Scope
  /** The name of this tab. */
  readonly self: string
  readonly snapshot: Store<ConnectionSnapshot>
  readonly say: (message: Said) => void
}

/** A tab's end of the shared connection: the hub's wire as it seems from here. */
export interface Port {
  /** The latest hub that was heard. */
  readonly hub: number
  hear(message: HubMessage): void
  /** Asks again for everything from where this tab stands. */
  replace(): void
}

export function createPort(options: PortOptions): Port {
  const { scope, self, snapshot, say, subs, onCarrier, onFrame, onVerdict } = options
  let hub = 0
  let limits: HubState['limits']
  let isOpen = false
  /** Topics whose last question was answered: only of those is heard what is said to all. */
  const followed = new Set<string>()

  function send(frames: readonly ClientFrame[]): void {
    for (const frame of frames) {
      if (frame.t === 'sub') for (const topic of Object.keys(frame.c)) followed.delete(topic)
      if (frame.t === 'unsub') for (const topic of frame.c) followed.delete(topic)
    }
    say({ say: 'frames', frames })
  }

  function carry(): void {
    const asked = subs()
    followed.clear()
    let isClosed = false
    const wire = {
      send: (frames: readonly ClientFrame[]) => {
        if (!isClosed) send(frames)
      },
      close: () => void (isClosed = true),
    }
    onCarrier(wire, asked, limits)
    if (Object.keys(asked).length > 0) send([{ t: 'sub', c: asked }])
  }

  function drop(): void {
    if (!isOpen) return
    isOpen = false
    followed.clear()
    onCarrier(undefined, undefined, undefined)
  }

  function takeState(isNew: boolean, state: HubState): void {
    const before = snapshot.get()
    const next = revive(state.snapshot)
    limits = state.limits
    // A new hub gathers what its tabs want before it asks the server.
    if (isNew) say({ say: 'join', subs: subs() })
    if (isNew || next.status !== 'open') drop()
    if (next.status === 'open' && !isOpen) {
      isOpen = true
      carry()
    }
    // Each state comes as a clone: what says the same keeps its identity.
    if (JSON.stringify(next) !== JSON.stringify(before)) snapshot.set(next)
    for (const verdict of next.trail) if (!before.trail.some((known) => isSame(known, verdict))) onVerdict(verdict)
  }

  function takeFrames(isMine: boolean, frames: readonly ServerFrame[]): void {
    for (const frame of frames) {
      const topic = 'c' in frame ? frame.c : undefined
      if (!isMine && (topic === undefined || !followed.has(topic))) continue
      if (isMine && frame.t === 'sub') followed.add(frame.c)
      onFrame(frame)
    }
  }

  scope.defer(drop)
  return {
    get hub() {
      return hub
    },
    hear(message) {
      // Of a tab that leads no more.
      if (message.hub < hub) return
      const isNew = message.hub > hub
      if (message.say === 'state') {
        hub = message.hub
        takeState(isNew, message.state)
      } else if (message.say === 'frames' && isOpen && (message.to === self || message.to === 'all'))
        takeFrames(message.to === self, message.frames)
    },
    replace() {
      if (isOpen) carry()
    },
  }
}

const isSame = (a: Verdict, b: Verdict) => a.at === b.at && a.transport === b.transport && a.reason === b.reason
