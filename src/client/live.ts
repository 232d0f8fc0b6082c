import { appended } from '../lib/appended.ts'
import type { KnownTopic, MessageOf, UnknownTopic } from './contract-types.ts'
import type { Message } from './message.ts'
import type { Replay } from './realtime-client.ts'

/** What `live` needs to know. */
export interface LiveOptions<State, Data = unknown> {
  readonly topic: string
  /** Tells several definitions of one topic apart. @defaultValue '' */
  readonly name?: string
  /** The state before the first message, and again after a reset. */
  readonly initial: State
  /** Called by the store once per message, in order. Pure: returns the next state, or the same one for no change. */
  reduce(this: void, state: State, message: Message<Data>): State
  /** Makes the state of what the server's snapshot hook sends. @defaultValue such snapshots are ignored */
  readonly restore?: (data: unknown) => State
  /** How much history is reduced first. @defaultValue 'all' */
  readonly replay?: Replay
  /** How long it stays subscribed and goes on reducing after its last subscriber left, in milliseconds. @defaultValue 5000 */
  readonly keepAliveMs?: number
  /** How long the state is kept after that, in milliseconds. @defaultValue 300000 */
  readonly gcMs?: number
}

/** A state that is made of a topic's messages. A plain value: make it outside components, or inline. */
export interface Live<State, Data = unknown> extends Required<Omit<LiveOptions<State, Data>, 'restore'>> {
  readonly restore?: (data: unknown) => State
  /** Definitions with the same key share one store. */
  readonly key: string
}

/**
 * Defines a state made of a topic's messages.
 * ```ts
 * const prices = (symbol: string) => live({
 *   topic: `ticker:${symbol}`,
 *   initial: noPrices,
 *   reduce: (state, { data }: Message<Price>) => ({ ...state, last: data.price }),
 * })
 * ```
 */
export function live<State, const Topic extends KnownTopic>(
  options: Omit<LiveOptions<State>, 'topic' | 'reduce'> & {
    readonly topic: Topic
    reduce(this: void, state: State, message: MessageOf<Topic>): State
  },
): Live<State, MessageOf<Topic>['data']>
export function live<State, Data = unknown, const Topic extends string = string>(
  options: LiveOptions<State, Data> & { readonly topic: Topic & UnknownTopic<Topic> },
): Live<State, Data>
export function live<State>(options: LiveOptions<State, never>): Live<State, never> {
  const { topic, name = '' } = options
  // No topic has a space in its name.
  return Object.freeze({
    replay: 'all',
    keepAliveMs: 5000,
    gcMs: 300_000,
    ...options,
    name,
    key: `${topic} ${name}`,
  } satisfies Live<State, never>)
}

/** The newest message of a topic, `undefined` before there is one. */
export function latest<const Topic extends KnownTopic>(
  topic: Topic,
): Live<MessageOf<Topic> | undefined, MessageOf<Topic>['data']>
export function latest<Data = unknown>(topic: string): Live<Message<Data> | undefined, Data>
export function latest(topic: string): Live<Message | undefined> {
  return live<Message | undefined>({
    topic,
    name: '#latest',
    initial: undefined,
    reduce: (_, message) => message,
    replay: 1,
  })
}

const NONE: readonly never[] = Object.freeze([])

/** The last `size` messages of a topic, oldest first. */
export function windowed<const Topic extends KnownTopic>(
  topic: Topic,
  size: number,
): Live<readonly MessageOf<Topic>[], MessageOf<Topic>['data']>
export function windowed<Data = unknown>(topic: string, size: number): Live<readonly Message<Data>[], Data>
export function windowed(topic: string, size: number): Live<readonly Message[]> {
  return live<readonly Message[]>({
    topic,
    name: `#${size}`,
    initial: NONE,
    reduce: (messages, message) => appended(messages, message, size),
    replay: size,
  })
}
