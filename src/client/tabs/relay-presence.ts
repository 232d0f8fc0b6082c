import { CODE } from '../../protocol/codes.ts'
import type { ClientPresenceFrame, PresenceFrame, ServerFrame } from '../../protocol/frame.ts'
import type { PresenceSnapshot, TopicPresence } from '../presence-snapshot.ts'
import type { RealtimeClient } from '../realtime-client.ts'

/** What one tab wants of one topic's presence. */
interface Wish {
  readonly tab: string
  /** Being seen, as the hub's client knows it: the tabs of a group are one session together. */
  leave: () => void
  info: string | undefined
  isWatching: boolean
}

interface PresenceTopic {
  readonly presence: TopicPresence
  readonly wishes: Map<string, Wish>
  readonly stop: () => void
  /** Rises with each change that tabs were told. */
  version: number
}

/** Brings the presence that the hub's client knows to the tabs, and what they say of themselves to it. */
export interface RelayPresence {
  want(tab: string, frame: ClientPresenceFrame): void
  leave(tab: string): void
}

export function createRelayPresence(
  hub: RealtimeClient,
  post: (to: string, frames: readonly ServerFrame[]) => void,
): RelayPresence {
  const topics = new Map<string, PresenceTopic>()

  function open(name: string): PresenceTopic {
    const known = topics.get(name)
    if (known) return known
    const presence = hub.presence(name)
    const topic: PresenceTopic = {
      presence,
      wishes: new Map(),
      version: 0,
      stop: presence.subscribe(() => {
        topic.version++
        for (const wish of topic.wishes.values()) tell(name, topic, wish)
      }),
    }
    topics.set(name, topic)
    return topic
  }

  function tell(name: string, { presence, version }: PresenceTopic, { tab, info, isWatching }: Wish): void {
    const snapshot = presence.getSnapshot()
    if (snapshot.status === 'error') return post(tab, [refusal(name, snapshot)])
    if (snapshot.status !== 'live') return
    const { members, count, self } = snapshot
    const frame: PresenceFrame = { t: 'p', c: name, join: [], leave: [], n: count }
    const isSeen = info !== undefined && self !== undefined
    post(tab, [
      { ...frame, ok: 1, ...(isSeen && { you: self }) },
      ...(isWatching ? [{ ...frame, all: 1 as const, i: String(version), join: members }] : []),
    ])
  }

  function forget(name: string, topic: PresenceTopic, wish: Wish): void {
    wish.leave()
    topic.wishes.delete(wish.tab)
    if (topic.wishes.size > 0) return
    topic.stop()
    topics.delete(name)
  }

  return {
    want(tab, { c, on, info, watch = false }) {
      if (!on && !watch && !topics.get(c)?.wishes.has(tab)) return
      const topic = open(c)
      const wish: Wish = topic.wishes.get(tab) ?? { tab, leave() {}, info: undefined, isWatching: false }
      topic.wishes.set(tab, wish)
      const text = on ? (JSON.stringify(info) ?? '') : undefined
      if (text !== wish.info) {
        const { leave } = wish
        wish.leave = on ? topic.presence.join(info) : () => {}
        wish.info = text
        // After the new one is there, so that nobody sees it leave in between.
        leave()
      }
      wish.isWatching = watch
      if (on || watch) tell(c, topic, wish)
      else forget(c, topic, wish)
    },
    leave(tab) {
      for (const [name, topic] of topics) {
        const wish = topic.wishes.get(tab)
        if (wish) forget(name, topic, wish)
      }
    },
  }
}

const refusal = (c: string, { error }: PresenceSnapshot): ServerFrame => ({
  t: 'err',
  c,
  code: error?.status ?? CODE.forbidden,
  msg: error?.message ?? '',
})
