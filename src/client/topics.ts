import { guard } from '../lib/emitter.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { MessageFrame, ServerFrame } from '../protocol/frame.ts'
import { assertTopic } from '../protocol/limits.ts'
import type { From, Position } from '../protocol/position.ts'
import type { Message, TopicStatus } from './message.ts'
import type { TopicListener } from './realtime-client.ts'
import { createTopicHistory, MOST_KEPT, type TopicHistory } from './topic-history.ts'
import {
  askFrom,
  contradicts,
  interrupt,
  isOutdated,
  refetch,
  startTopic,
  takeMessage,
  takeReset,
  takeSub,
  type TopicState,
} from './topic-state.ts'

/** Topic → where to start. */
export type Subs = Readonly<Record<string, From>>

/** One listener. It is ready when it has what it wanted of the history; before that it is told nothing. */
interface Seat {
  readonly listener: TopicListener
  readonly wants: number
  ready: boolean
}

interface Topic {
  readonly name: string
  state: TopicState
  readonly seats: Set<Seat>
  readonly history: TopicHistory
  /** What the carrying wire was asked for; absent: nothing, so what it says of the topic is not listened to. */
  asked: From | undefined
  /** Nothing that was asked waits for its answer; only then is more asked, so that no answer is taken for another. */
  answered: boolean
  /** The carrying wire is to be asked, for the first time or again. */
  due: boolean
  cancelLinger: (() => void) | undefined
}

export interface TopicsOptions {
  readonly scope: Scope
  readonly lingerMs: number
  /** Where topics start that were followed somewhere else before; each place is used once. */
  readonly starts: Map<string, Position>
  /** Topics came, went, or want to be asked for again. */
  readonly onChange: () => void
  /** A topic stands elsewhere than the wire says: only a new wire with the whole cursor helps. */
  readonly onMissed: () => void
  readonly onError: (error: EverwireError) => void
  /** Hears what a listener throws. */
  readonly onThrow: (cause: unknown) => void
}

export interface Topics {
  readonly size: number
  listen(name: string, listener: TopicListener): () => void
  status(this: void, name: string): TopicStatus
  /** What to ask a wire for: every wanted topic with where to start. */
  subs(this: void): Subs
  /** The cursor: where each topic stands that has a position. */
  cursor(this: void): Record<string, Position>
  /** Whether a wire that was asked for `subs` would miss messages that came since over another one, or bring a reset again. */
  isStale(this: void, subs: Subs): boolean
  /** What the carrying wire must be told so that it carries the wanted topics; telling it is the caller's promise. */
  takeChanges(): { sub: Subs; unsub: string[] }
  /** Whether `takeChanges` would have something to tell. */
  readonly changed: boolean
  /** Whether a topic stands elsewhere than the wire says, so that nothing is heard of it until another wire is asked. */
  readonly missing: boolean
  /** A wire that was asked for `subs` carries from now on; `undefined`: none does. */
  setCarrier(subs: Subs | undefined): void
  /** The wire that carries was asked again, for `subs`. */
  setAsked(this: void, subs: Subs): void
  receive(frame: ServerFrame): void
}

/** The topics of a client: who listens, where each one stands, and what is kept for those who come late. */
export function createTopics({ scope, lingerMs, starts, onChange, onMissed, onError, onThrow }: TopicsOptions): Topics {
  const topics = new Map<string, Topic>()
  let onWire = new Set<string>()
  /** How often continuity was lost so far, and how often it had been when a cursor was made. */
  let resets = 0
  const madeAt = new WeakMap<Subs, number>()

  const call = ({ listener }: Seat, tell: (listener: TopicListener) => void) => guard(() => tell(listener), onThrow)

  function setState(topic: Topic, state: TopicState): void {
    const before = topic.state.status
    topic.state = state
    tellStatus(topic, before)
  }

  function tellStatus({ state: { status }, seats }: Topic, before: TopicStatus): void {
    if (status === before) return
    for (const seat of seats) call(seat, ({ onStatus }) => onStatus?.(status))
  }

  function catchUp(topic: Topic): void {
    for (const seat of topic.seats) {
      if (seat.ready || (seat.wants > 0 && !topic.history.has(seat.wants) && topic.state.refetching)) continue
      seat.ready = true
      if (seat.wants === 0) continue
      for (const message of topic.history.last(seat.wants)) {
        call(seat, ({ onMessage }) => onMessage(message.replayed ? message : { ...message, replayed: true }))
      }
    }
  }

  function takeM(topic: Topic, frame: MessageFrame): void {
    const { state, verdict } = takeMessage(topic.state, frame)
    if (verdict === 'repeat') return
    const message: Message = {
      id: frame.i,
      topic: topic.name,
      type: frame.e,
      data: frame.d,
      sentAt: frame.ts ?? 0,
      key: frame.k,
      replayed: topic.state.status !== 'live' || verdict === 'history',
    }
    topic.state = state
    if (verdict === 'history') return topic.history.addOlder(message)
    topic.history.add(message)
    for (const seat of topic.seats) {
      if (seat.ready) call(seat, ({ onMessage }) => onMessage(message))
    }
  }

  /** Nothing more is heard of it until another wire has asked from where it stands. */
  function miss(topic: Topic): void {
    topic.asked = undefined
    onMissed()
  }

  function receiveFor(topic: Topic, frame: ServerFrame): void {
    const isElsewhere =
      frame.t === 'reset'
        ? isOutdated(topic.state, frame, topic.asked)
        : (frame.t === 'm' || frame.t === 'sub') && contradicts(topic.state, frame.i, topic.asked)
    if (isElsewhere) {
      // Stale, so that it is the place that is asked for, and not the history that some listener wants too.
      setState(topic, interrupt(topic.state))
      return miss(topic)
    }
    switch (frame.t) {
      case 'm':
        return takeM(topic, frame)
      case 'sub': {
        const { state, missed } = takeSub(topic.state, frame, topic.asked)
        if (missed) return miss(topic)
        // Where nobody waited for the history any more, its messages were taken for repeats.
        if (topic.asked === '0' && topic.state.refetching) topic.history.join(frame.n)
        // A server that was behind, or starts anew, says more of these by itself: they answer nothing.
        const isShort = topic.history.hasGrown && [...topic.seats].some(({ wants }) => !topic.history.has(wants))
        topic.asked = frame.i
        topic.answered = true
        const before = topic.state.status
        topic.state = isShort ? refetch(state) : state
        // The history first: whoever hears "live" has it already.
        catchUp(topic)
        tellStatus(topic, before)
        // The resume is answered; now the history, which some listener still waits for, can be asked for.
        if (topic.state.refetching) askAgain(topic)
        return
      }
      case 'reset': {
        resets++
        topic.history.clear()
        topic.asked = frame.i
        topic.answered = true
        setState(topic, takeReset(frame))
        for (const seat of topic.seats) {
          seat.ready = seat.wants === 0
          call(seat, ({ onReset }) => onReset?.({ topic: topic.name, why: frame.why, id: frame.i }))
        }
        if ([...topic.seats].some((seat) => !seat.ready)) {
          topic.state = refetch(topic.state)
          askAgain(topic)
        }
        return
      }
      case 'snap':
        for (const seat of topic.seats) {
          call(seat, ({ onSnapshot }) => onSnapshot?.({ topic: topic.name, id: frame.i, data: frame.d }))
        }
        return
      case 'unsub':
        setState(topic, { ...topic.state, status: 'ended' })
        onError(
          new EverwireError('forbidden', `the server ended topic ${topic.name} with code ${frame.code}`, {
            status: frame.code,
          }),
        )
        return
      // The others are not about a topic's place.
      default:
    }
  }

  function askAgain(topic: Topic): void {
    topic.due = true
    onChange()
  }

  /** @param again - by the wire that carries; its answers and those of a wire that replaces it cannot be mixed up */
  function setAsked(subs: Subs, again = true): void {
    onWire = new Set(Object.keys(subs))
    for (const topic of topics.values()) {
      topic.asked = onWire.has(topic.name) ? subs[topic.name] : undefined
      // A poll that waits for what comes next is answered when something comes; more can be asked before that.
      topic.answered = again && topic.state.status === 'live' && topic.asked !== '0'
      topic.due = topic.asked === undefined && topic.state.status !== 'ended'
      topic.history.forgetOlder()
    }
  }

  function open(name: string, wants: number): Topic {
    const start = starts.get(name)
    starts.delete(name)
    const topic: Topic = {
      name,
      state: start ? startTopic(start, wants > 0) : startTopic(wants > 0 ? '0' : null),
      seats: new Set(),
      history: createTopicHistory(),
      asked: undefined,
      answered: false,
      due: true,
      cancelLinger: undefined,
    }
    topics.set(name, topic)
    onChange()
    return topic
  }

  return {
    get size() {
      return topics.size
    },
    listen(name, listener) {
      assertTopic(name)
      const { replay = 0 } = listener
      const wants = Math.min(replay === 'all' ? MOST_KEPT : replay, MOST_KEPT)
      const known = topics.get(name)
      const topic = known ?? open(name, wants)
      topic.cancelLinger?.()
      topic.history.want(wants)
      const live = topic.state.status === 'live'
      // What follows a start that was given is for the first listener, although the topic is not live yet.
      const seat: Seat = {
        listener,
        wants,
        ready: wants === 0 && (live || (!known && topic.state.place !== undefined)),
      }
      topic.seats.add(seat)
      if (wants > 0 && !topic.history.has(wants) && !topic.state.refetching) {
        topic.state = refetch(topic.state)
        if (topic.answered) askAgain(topic)
      } else if (live && wants > 0) {
        // Not at once: the caller may not be ready to hear before `listen` returned.
        queueMicrotask(() => catchUp(topic))
      }
      return () => {
        if (!topic.seats.delete(seat) || topic.seats.size > 0) return
        topic.cancelLinger = scope.after(lingerMs - (listener.idleMs ?? 0), () => {
          topics.delete(name)
          // A place that was given meanwhile lies before this one, and what follows it would come again.
          starts.delete(name)
          onChange()
        })
      }
    },
    status: (name) => topics.get(name)?.state.status ?? 'idle',
    subs() {
      const subs: Subs = Object.fromEntries(
        [...topics].flatMap(([name, { state }]) => (state.status === 'ended' ? [] : [[name, askFrom(state)]])),
      )
      madeAt.set(subs, resets)
      return subs
    },
    cursor: () =>
      Object.fromEntries([...topics].flatMap(([name, { state }]) => (state.place ? [[name, state.from!]] : []))),
    isStale: (subs) =>
      // What answers a cursor from before a reset would be the same reset again.
      (madeAt.get(subs) ?? resets) !== resets ||
      Object.entries(subs).some(([name, from]) => from === null && topics.get(name)?.state.place !== undefined),
    takeChanges() {
      const fresh = [...topics.values()].filter(({ due }) => due)
      const unsub = [...onWire].filter((name) => !topics.has(name))
      for (const topic of fresh) {
        topic.asked = askFrom(topic.state)
        topic.answered = false
        topic.due = false
        topic.history.forgetOlder()
      }
      onWire = new Set(topics.keys())
      return { sub: Object.fromEntries(fresh.map(({ name, asked }) => [name, asked!])), unsub }
    },
    get changed() {
      return [...topics.values()].some(({ due }) => due) || [...onWire].some((name) => !topics.has(name))
    },
    get missing() {
      return [...topics.values()].some(
        ({ asked, due, state }) => asked === undefined && !due && state.status !== 'ended',
      )
    },
    setCarrier(subs) {
      setAsked(subs ?? {}, false)
      for (const topic of topics.values()) {
        if (!subs) setState(topic, interrupt(topic.state))
      }
    },
    setAsked: (subs) => setAsked(subs),
    receive(frame) {
      const topic = 'c' in frame && frame.c !== undefined ? topics.get(frame.c) : undefined
      if (topic && topic.asked !== undefined) receiveFor(topic, frame)
    },
  }
}
