import type { Scope } from '../../lib/scope.ts'
import { CODE } from '../../protocol/codes.ts'
import type { EverwireError } from '../../protocol/errors.ts'
import type { ClientFrame, MessageFrame, PubFrame, ServerFrame } from '../../protocol/frame.ts'
import { type From, parsePosition, type Position } from '../../protocol/position.ts'
import type { Message } from '../message.ts'
import type { RealtimeClient } from '../realtime-client.ts'
import type { Subs } from '../topics.ts'
import { createRelayPresence } from './relay-presence.ts'
import { createRelayRing, type RelayRing } from './relay-topic.ts'

/** How long a new hub gathers what its tabs want before it asks the server, in milliseconds. */
export const GATHER_MS = 25
/** Wait before the server is asked again for what a tab missed, in milliseconds. */
const ASK_AGAIN_MS = 500

interface RelayTopic {
  readonly name: string
  readonly ring: RelayRing
  readonly members: Set<string>
  /** What tabs asked that is not answered yet. */
  readonly asks: Map<string, From>
  stop(): void
  /** The server ended it. */
  hasEnded: boolean
}

export interface RelayOptions {
  readonly scope: Scope
  /** The client of the wire that all tabs share. */
  readonly hub: RealtimeClient
  /** Says something to one tab, or to all that follow the topic. */
  readonly post: (to: string, frames: readonly ServerFrame[]) => void
  /** Asks the server from a place: every frame of its answer, up to the `sub` that ends it. */
  readonly askServer: (topic: string, from: From) => Promise<readonly ServerFrame[]>
}

/** Brings one wire to many tabs: each asks with its own cursor and is answered as a server would. */
export interface Relay {
  /** A tab is there, and will want these topics from these places. */
  join(tab: string, subs: Subs): void
  take(tab: string, frames: readonly ClientFrame[]): void
  leave(tab: string): void
  /** The shared connection is open, or is not: then tabs say again what they have not heard back about. */
  setOpen(open: boolean): void
}

export function createRelay({ scope, hub, post, askServer }: RelayOptions): Relay {
  const topics = new Map<string, RelayTopic>()
  const wanted = new Map<string, Map<string, From>>()
  const tabs = new Map<string, Scope>()
  let isGathering = true
  let carrying = scope.child()
  const presence = createRelayPresence(hub, post)

  scope.after(GATHER_MS, () => {
    isGathering = false
    for (const name of wanted.keys()) follow(name)
  })

  /** Where to start so that every tab finds what it missed: the oldest place that is known of one history. */
  function startOf(asks: Iterable<From>): Position | undefined {
    const places = [...asks].flatMap((from) => {
      const parts = parsePosition(from ?? '')
      return parts ? [{ from: from!, ...parts }] : []
    })
    const same = places.filter(({ epoch }) => epoch === places[0]!.epoch)
    return same.sort((a, b) => a.offset - b.offset)[0]?.from
  }

  function follow(name: string): RelayTopic {
    const known = topics.get(name)
    if (known) return known
    const asks = wanted.get(name)
    const start = startOf(asks?.values() ?? [])
    wanted.delete(name)
    // It may linger from before, and then it is not asked for anew.
    const isFresh = hub.topicStatus(name) === 'idle'
    const fromOldest = start === undefined && isFresh
    if (start !== undefined) hub.hydrate({ cursor: { [name]: start } })
    const topic: RelayTopic = {
      name,
      ring: createRelayRing(fromOldest),
      members: new Set(asks?.keys()),
      asks: new Map(),
      hasEnded: false,
      stop: () => {},
    }
    topics.set(name, topic)
    topic.stop = hub.listen(name, {
      replay: fromOldest ? 'all' : 0,
      onMessage(message) {
        const frame = frameOf(message)
        if (topic.ring.push(frame)) post('all', [frame])
      },
      onReset({ id, why }) {
        topic.ring.restart(id)
        post('all', [{ t: 'reset', c: name, i: id, why }])
      },
      onSnapshot: ({ id, data }) => post('all', [{ t: 'snap', c: name, i: id, d: data }]),
      onStatus: () => settle(topic),
    })
    return topic
  }

  function settle(topic: RelayTopic): void {
    const status = hub.topicStatus(topic.name)
    topic.hasEnded = status === 'ended'
    if (topic.hasEnded) {
      for (const tab of topic.members) end(tab, topic.name)
      topic.asks.clear()
    }
    if (status !== 'live') return
    topic.ring.head ??= hub.dehydrate().cursor[topic.name]
    for (const [tab, from] of topic.asks) answer(topic, tab, from)
  }

  const end = (tab: string, c: string) => post(tab, [{ t: 'unsub', c, code: CODE.forbidden }])

  function answer(topic: RelayTopic, tab: string, from: From): void {
    const { ring, name } = topic
    const missed = ring.head === undefined ? undefined : ring.after(from)
    if (missed) {
      topic.asks.delete(tab)
      post(tab, [...missed, { t: 'sub', c: name, i: ring.head!, n: missed.length }])
    } else void judge(topic, tab, from)
  }

  /** The server alone knows what was missed. What comes meanwhile is in the ring, and follows. */
  async function judge(topic: RelayTopic, tab: string, from: From): Promise<void> {
    const { name, ring, asks } = topic
    const mine = tabs.get(tab)
    asks.delete(tab)
    if (!mine) return
    let frames: readonly ServerFrame[]
    try {
      frames = await askServer(name, from)
    } catch {
      // The connection is away, or it will be found out: whoever still wants an answer then is asked about again.
      if (!asks.has(tab)) asks.set(tab, from)
      mine.after(ASK_AGAIN_MS, () => hub.topicStatus(name) === 'live' && settle(topic))
      return
    }
    if (mine.stopped || asks.has(tab) || !topic.members.has(tab)) return
    const last = frames.at(-1)
    if (last?.t !== 'sub') return post(tab, frames)
    const more = isAhead(last.i, ring.head) ? [] : ring.after(last.i)
    // More came than is kept: then the rest is asked for too, from there.
    if (!more) {
      post(tab, frames.slice(0, -1))
      return void judge(topic, tab, last.i)
    }
    const end = more.at(-1)?.i ?? last.i
    post(tab, [...frames.slice(0, -1), ...more, { ...last, i: end, n: last.n + more.length }])
  }

  function ask(tab: string, name: string, from: From): void {
    const topic = follow(name)
    topic.members.add(tab)
    if (topic.hasEnded) return end(tab, name)
    topic.asks.set(tab, from)
    if (hub.topicStatus(name) === 'live') settle(topic)
  }

  function unfollow(tab: string, name: string): void {
    const topic = topics.get(name)
    topic?.asks.delete(tab)
    if (!topic?.members.delete(tab) || topic.members.size > 0) return
    topic.stop()
    topics.delete(name)
  }

  function send(tab: string, { id, c, e, d, k }: PubFrame): void {
    const { signal } = carrying
    hub.send(c, e, d, { key: k, timeoutMs: 600_000, signal }).then(
      ({ id: i, duplicate }) => post(tab, [{ t: 'ack', id, i, ...(duplicate && { dup: 1 as const }) }]),
      ({ code, message, status }: EverwireError) => {
        // Of what was not answered the tab says again itself, when the connection is back.
        if (signal.aborted) return
        const isFinal = code === 'rejected'
        post(tab, [{ t: 'err', id, code: status ?? CODE.overloaded, msg: message, ...(!isFinal && { retry: 1_000 }) }])
      },
    )
  }

  function take(tab: string, frames: readonly ClientFrame[]): void {
    if (!tabs.has(tab)) join(tab, {})
    for (const frame of frames) {
      if (frame.t === 'sub') for (const [name, from] of Object.entries(frame.c)) ask(tab, name, from)
      else if (frame.t === 'unsub') for (const name of frame.c) unfollow(tab, name)
      else if (frame.t === 'pub') send(tab, frame)
      else if (frame.t === 'pres') presence.want(tab, frame)
    }
  }

  function join(tab: string, subs: Subs): void {
    if (!tabs.has(tab)) tabs.set(tab, scope.child())
    for (const [name, from] of Object.entries(subs)) {
      if (topics.has(name)) continue
      const asks = wanted.get(name) ?? new Map<string, From>()
      wanted.set(name, asks.set(tab, from))
      if (!isGathering) follow(name)
    }
  }

  return {
    join,
    take,
    leave(tab) {
      tabs.get(tab)?.stop()
      tabs.delete(tab)
      presence.leave(tab)
      for (const name of topics.keys()) unfollow(tab, name)
    },
    setOpen(open) {
      if (open) return
      carrying.stop()
      carrying = scope.child()
    },
  }
}

const frameOf = ({ id, topic, type, data, sentAt, key }: Message): MessageFrame => ({
  t: 'm',
  c: topic,
  i: id,
  e: type,
  ...(data !== undefined && { d: data }),
  ts: sentAt,
  ...(key !== undefined && { k: key }),
})

function isAhead(position: Position, head: Position | undefined): boolean {
  const place = parsePosition(position)
  const of = parsePosition(head ?? '')
  return place !== undefined && of !== undefined && place.epoch === of.epoch && place.offset > of.offset
}
