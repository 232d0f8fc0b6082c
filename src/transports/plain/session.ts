import type { WireEvents } from '../../client/transport.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type ServerFrame, VERSION } from '../../protocol/frame.ts'
import type { PlainMessage, PlainSource } from './message.ts'

/** What is known of a topic over all wires. */
interface Progress {
  /** How many messages were delivered: the offset of the positions that are made up for them. */
  offset: number
  /** Ids of the last messages, to know a repeat. */
  readonly seen: Set<string>
  /** What a long poll answers from next time. */
  lastId: string | undefined
}

/** What the transports of one plain client share, so that a switch of transport repeats nothing that has an id. */
export interface PlainSession {
  readonly topics: Map<string, Progress>
  /** The id a new event stream starts after. */
  lastEventId: string
  progress(this: void, topic: string): Progress
  /** The frames that start a wire: proven, and every topic live where it stands. */
  opening(this: void, topics: readonly string[], silenceMs: number): ServerFrame[]
  joined(this: void, topics: readonly string[]): ServerFrame[]
  /** Delivers what one message says to the topics of the wire it came from. */
  deliver(this: void, events: WireEvents, message: unknown, source: PlainSource, topics: Iterable<string>): void
}

const positionOf = (offset: number) => `plain.${offset}-`

export function createPlainSession(
  read: (message: unknown, source: PlainSource) => PlainMessage | undefined,
  mostSeen: number,
  sharedIds: boolean,
): PlainSession {
  const topics = new Map<string, Progress>()

  function progress(topic: string): Progress {
    let known = topics.get(topic)
    if (!known) topics.set(topic, (known = { offset: 0, seen: new Set(), lastId: undefined }))
    return known
  }

  const joined = (names: readonly string[]): ServerFrame[] =>
    names.map((name) => ({ t: 'sub', c: name, i: positionOf(progress(name).offset), n: 0 }))

  /** Whether the message is new to the topic. */
  function take({ seen }: Progress, id: string | undefined): boolean {
    if (id === undefined) return true
    if (seen.has(id)) return false
    seen.add(id)
    if (seen.size > mostSeen) for (const oldest of seen) return seen.delete(oldest)
    return true
  }

  const session: PlainSession = {
    topics,
    lastEventId: '',
    progress,
    opening: (names, silenceMs) => [
      {
        t: 'open',
        v: VERSION,
        cid: 'plain',
        hb: Math.round(silenceMs / 1.4),
        retry: [0, 0],
        lim: { in: LIMITS.inBytes, data: Infinity, topics: Infinity },
        caps: [],
      },
      ...joined(names),
    ],
    joined,
    deliver(events, message, source, names) {
      const told = read(message, source)
      if (!told) return
      const frames: ServerFrame[] = []
      for (const name of told.topic === undefined ? names : [told.topic]) {
        const known = progress(name)
        if (!take(known, told.id)) continue
        if (sharedIds && told.id !== undefined) known.lastId = session.lastEventId = told.id
        frames.push({ t: 'm', c: name, i: positionOf(++known.offset), e: told.type, d: told.data })
      }
      events.frames(frames)
    },
  }
  return session
}
