import type { Transport, WireEvents } from '../../src/client/transport.ts'
import type { ClientFrame, MessageFrame, OpenObject, ServerFrame } from '../../src/protocol/frame.ts'
import { formatPosition, type From, parsePosition } from '../../src/protocol/position.ts'

/** A server without a network: frames arrive when a test says so, and everything it was asked for is noted. */
export interface MemoryServer {
  readonly transport: Transport
  /** Wires that were begun so far, opened or not. */
  readonly started: number
  /** What each wire said first. */
  readonly opened: readonly OpenObject[]
  /** What wires said after that, without signs of life. */
  readonly heard: readonly ClientFrame[]
  /** Wires that are open now. */
  readonly wires: readonly MemoryWire[]
  /** Messages of a topic so far; the data of each is its number. */
  head(topic: string): number
  /** The number of the oldest message that is kept. */
  oldest(topic: string): number
  publish(topic: string, count?: number): void
  /** Frames wait from now on, until they are let go, or lost with their wire. */
  hold(): void
  letGo(): void
  cut(): void
}

export interface MemoryWire {
  readonly events: WireEvents
  readonly subs: Set<string>
  waiting: ServerFrame[]
}

const positionOf = (number: number) => formatPosition({ epoch: 'memory', offset: number, tag: 'x' })

/** @param keeps - how many messages of each topic it can replay */
export function createMemoryServer({ keeps = Infinity } = {}): MemoryServer {
  const heads = new Map<string, number>()
  const opened: OpenObject[] = []
  const heard: ClientFrame[] = []
  const wires = new Set<MemoryWire>()
  let holding = false
  let started = 0

  const head = (topic: string) => heads.get(topic) ?? 0
  const oldest = (topic: string) => Math.max(1, head(topic) - keeps + 1)

  function tell(wire: MemoryWire, ...frames: ServerFrame[]): void {
    if (!wires.has(wire)) return
    wire.waiting.push(...frames)
    if (!holding) flush(wire)
  }

  function flush(wire: MemoryWire): void {
    const frames = wire.waiting
    wire.waiting = []
    if (frames.length > 0) wire.events.frames(frames)
  }

  function answer(wire: MemoryWire, subs: Readonly<Record<string, From>>): void {
    for (const [topic, from] of Object.entries(subs)) {
      let next = head(topic) + 1
      if (from === '0') next = oldest(topic)
      else if (from !== null) next = parsePosition(from)!.offset + 1
      const i = positionOf(head(topic))
      wire.subs.add(topic)
      if (next < oldest(topic)) {
        tell(wire, { t: 'reset', c: topic, i, why: 'trimmed' }, { t: 'sub', c: topic, i, n: 0 })
        continue
      }
      const replayed = Array.from({ length: head(topic) + 1 - next }, (_, index) => messageOf(topic, next + index))
      tell(wire, ...replayed, { t: 'sub', c: topic, i, n: replayed.length })
    }
  }

  function hear(wire: MemoryWire, frame: ClientFrame): void {
    if (frame.t === 'hb') return tell(wire, { t: 'hb', ts: 0, ...(frame.ts !== undefined && { re: frame.ts }) })
    heard.push(frame)
    if (frame.t === 'sub') answer(wire, frame.c)
    if (frame.t === 'unsub') for (const topic of frame.c) wire.subs.delete(topic)
  }

  const transport: Transport = {
    name: 'websocket',
    unsupported: () => undefined,
    open({ openObject, events }) {
      started++
      const wire: MemoryWire = { events, subs: new Set(), waiting: [] }
      wires.add(wire)
      void openObject().then((said) => {
        if (!wires.has(wire)) return
        opened.push(said)
        events.reached()
        tell(wire, {
          t: 'open',
          v: 1,
          cid: `wire-${opened.length}`,
          hb: 60_000,
          retry: [0, 10],
          lim: { in: 1_000_000, data: 100_000, topics: 100 },
          caps: [],
        })
        answer(wire, said.subs)
      })
      return {
        send: (frames) => frames.forEach((frame) => hear(wire, frame)),
        close: () => void wires.delete(wire),
      }
    },
  }

  return {
    transport,
    get started() {
      return started
    },
    opened,
    heard,
    get wires() {
      return [...wires]
    },
    head,
    oldest,
    publish(topic, count = 1) {
      for (let each = 0; each < count; each++) {
        heads.set(topic, head(topic) + 1)
        for (const wire of wires) if (wire.subs.has(topic)) tell(wire, messageOf(topic, head(topic)))
      }
    },
    hold() {
      holding = true
    },
    letGo() {
      holding = false
      for (const wire of wires) flush(wire)
    },
    cut() {
      for (const wire of [...wires]) {
        wires.delete(wire)
        wire.events.ended({ code: 1006, message: 'the network was cut' })
      }
    },
  }
}

export const messageOf = (topic: string, number: number): MessageFrame => ({
  t: 'm',
  c: topic,
  i: positionOf(number),
  e: 'tick',
  d: number,
})
