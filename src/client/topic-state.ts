import type { MessageFrame, ResetFrame, SubFrame } from '../protocol/frame.ts'
import { type From, parsePosition, type Position, type PositionParts } from '../protocol/position.ts'
import type { TopicStatus } from './message.ts'

/**
 * What a client knows about its place in a topic.
 * - `from`: where it stands: the position of the last message taken or told, or how it will start
 * - `place`: the same, taken apart; absent before the server told a position
 * - `refetching`: the kept history was asked for again, so old messages are history and not repeats
 */
export interface TopicState {
  readonly status: TopicStatus
  readonly from: From
  readonly place: PositionParts | undefined
  readonly refetching: boolean
}

/** @param history - the kept history is wanted too, not only what follows `from` */
export const startTopic = (from: From, history: boolean = from === '0'): TopicState => ({
  status: 'joining',
  from,
  place: parsePosition(from ?? ''),
  refetching: history,
})

/**
 * What to ask the server for: what comes after the place, and the whole history where it is wanted. After an
 * interruption the place comes first, since only a resume is told whether something is missing.
 */
export const askFrom = ({ refetching, status, place, from }: TopicState): From =>
  refetching && (status === 'live' || !place) ? '0' : from

/** The connection went away. What the server had ended is asked for again: the next connection may be allowed more. */
export const interrupt = (state: TopicState): TopicState =>
  state.status === 'joining' ? state : { ...state, status: 'stale' }

export const refetch = (state: TopicState): TopicState => ({ ...state, refetching: true })

/**
 * Judges a message: `new` ones are delivered, `history` belongs to what was asked for again, `repeat` came before (the
 * same epoch, and not after the place) and is dropped, so wires may overlap.
 */
export function takeMessage(
  state: TopicState,
  frame: MessageFrame,
): { state: TopicState; verdict: 'new' | 'history' | 'repeat' } {
  const place = parsePosition(frame.i)
  const known = state.place
  if (place && known && place.epoch === known.epoch && place.offset <= known.offset) {
    return { state, verdict: state.refetching ? 'history' : 'repeat' }
  }
  return { state: { ...state, from: frame.i, place }, verdict: 'new' }
}

/**
 * Whether what a server says at `i` is of another history than the place, although nobody asked it about that place: a
 * history that began anew, or another message at the same offset. Only the answer to the place itself tells what is
 * missing, with a reset (or without one, where only a topic's newest message counts).
 * @param asked - what this answers
 */
export function contradicts({ place, from }: TopicState, i: Position, asked: From | undefined): boolean {
  const said = parsePosition(i)
  if (!place || !said || asked === from) return false
  return said.epoch !== place.epoch || (said.offset === place.offset && said.tag !== place.tag)
}

/**
 * Takes "caught up at i". `missed`: the server is ahead of this client in the same history, so something in between
 * went to neither wire: the topic is to be asked for again from the client's own place. A server that is behind says
 * again what another wire was quicker to bring.
 * @param asked - what this answers
 */
export function takeSub(
  state: TopicState,
  frame: SubFrame,
  asked: From | undefined,
): { state: TopicState; missed: boolean } {
  const place = parsePosition(frame.i)
  const refetching = state.refetching && asked !== '0'
  if (!place || place.epoch !== state.place?.epoch) {
    return { state: { status: 'live', from: frame.i, place, refetching }, missed: false }
  }
  if (place.offset > state.place.offset) return { state, missed: true }
  return { state: { ...state, status: 'live', refetching }, missed: false }
}

/**
 * Whether a reset tells of what another wire has brought since this one was asked: nothing is missing, and the history
 * that follows a reset came already.
 * @param asked - what this answers
 */
export function isOutdated({ place, from }: TopicState, { i }: ResetFrame, asked: From | undefined): boolean {
  const said = parsePosition(i)
  if (!place || !said || asked === from) return false
  return said.epoch === place.epoch && said.offset <= place.offset
}

/** Takes "continuity was lost": the new place counts, the old one is forgotten. */
export const takeReset = (frame: ResetFrame): TopicState => ({
  status: 'live',
  from: frame.i,
  place: parsePosition(frame.i),
  refetching: false,
})
