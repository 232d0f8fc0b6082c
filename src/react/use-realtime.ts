'use client'
import { useEffect } from 'react'
import type { KnownTopic, MessageOf, SendTo, UnknownTopic } from '../client/contract-types.ts'
import { renderedState } from '../client/dehydrated.ts'
import { liveStoreOf } from '../client/live-store.ts'
import { type Live, live, windowed } from '../client/live.ts'
import type { Message } from '../client/message.ts'
import type { RealtimeClient } from '../client/realtime-client.ts'
import { initialSnapshot, type LiveSnapshot } from '../client/state-store.ts'
import type { Flush } from '../lib/flush.ts'
import { useRealtimeClient } from './client-context.ts'
import { type Skip, skip } from './skip.ts'
import { useKeyed } from './use-keyed.ts'
import { type AnyReadOptions, type LiveResult, type ReadOptions, useLiveResult } from './use-live-result.ts'
import type { Send } from './use-send.ts'

export type RealtimeResult<State, SendFunction = Send> = LiveResult<State, { readonly send: SendFunction }>

/** Options for a topic that is given by its name. */
export interface WindowOptions<State, Selected> extends ReadOptions<State, Selected> {
  /** How many messages of the history come first and, without `reduce`, how many are kept. @defaultValue 50 */
  readonly last?: number
}

/** How a state of your own is made of a topic's messages. */
export interface Reduction<State, Item extends Message> {
  readonly initial: State
  /** Called by the store once per message, in order; components that name the topic share the state. Pure. */
  reduce(this: void, state: State, message: Item): State
}

/** Options for a topic that is given by its name, with a state of your own. */
export interface ReduceOptions<State, Data, Selected>
  extends WindowOptions<State, Selected>, Reduction<State, Message<Data>> {}

// Of the overloads, those with a reducer come first: a reducer whose parameters an earlier one left untyped stays so.

/**
 * The state of a topic, reduced once per message and rendered at most once a frame under load. `data` is always there.
 * ```tsx
 * const { data: messages, status, send } = useRealtime<ChatMessage>('chat:lobby', { last: 50 })
 * const { data: price } = useRealtime(prices('ACME'), { select: (state) => state.last })
 * ```
 * Subscribing is what opens the connection; nothing opens in a render or on a server.
 * @param source - a topic (its last messages), a definition made by `live`, `latest` or `windowed`, or `skip`
 */
export function useRealtime<State, const Topic extends KnownTopic, Selected = State>(
  source: Topic | Skip,
  options: WindowOptions<State, Selected> & Reduction<State, MessageOf<Topic>>,
): RealtimeResult<Selected, SendTo<Topic>>
export function useRealtime<const Topic extends KnownTopic, Selected = readonly MessageOf<Topic>[]>(
  source: Topic | Skip,
  options?: WindowOptions<readonly MessageOf<Topic>[], Selected>,
): RealtimeResult<Selected, SendTo<Topic>>
export function useRealtime<State, Data = unknown, Selected = State, const Topic extends string = string>(
  source: (Topic & UnknownTopic<Topic>) | Skip,
  options: ReduceOptions<State, Data, Selected>,
): RealtimeResult<Selected>
export function useRealtime<Data = unknown, const Topic extends string = string>(
  source: (Topic & UnknownTopic<Topic>) | Skip,
  options?: WindowOptions<readonly Message<Data>[], readonly Message<Data>[]>,
): RealtimeResult<readonly Message<Data>[]>
export function useRealtime<Data, Selected, const Topic extends string = string>(
  source: (Topic & UnknownTopic<Topic>) | Skip,
  options: WindowOptions<readonly Message<Data>[], Selected> & {
    readonly select: (messages: readonly Message<Data>[]) => Selected
  },
): RealtimeResult<Selected>
export function useRealtime<State, Selected = State>(
  source: Live<State, never>,
  options?: ReadOptions<State, Selected>,
): RealtimeResult<Selected>
/** With `skip`, `initial` is the data meanwhile. */
export function useRealtime<State, Selected = State>(
  source: Live<State, never> | Skip,
  options: ReadOptions<State, Selected> & { readonly initial: State },
): RealtimeResult<Selected>
export function useRealtime(
  source: string | Live<unknown, never> | Skip,
  options: AnyRealtimeOptions = {},
): RealtimeResult<unknown> {
  const { flush = 'frame' } = options
  const client = useRealtimeClient()
  const definition = source === skip ? undefined : define(source, options)
  const reader = useKeyed([client, definition?.key, flush], () =>
    definition ? read(client, definition, flush) : readNothing('initial' in options ? options.initial : NO_MESSAGES),
  )
  useEffect(() => {
    if (definition) reader.adopt(definition)
  }, [reader, definition])
  return useLiveResult(reader, options)
}

/** What all overloads have in common: nothing is known of the types of state and selection. */
export type AnyRealtimeOptions = AnyReadOptions & {
  readonly last?: number
  readonly initial?: unknown
  readonly reduce?: (state: never, message: never) => unknown
}

/** The definition of a state, also of one that is given by the name of its topic. */
export function define(
  source: string | Live<unknown, never>,
  { last = 50, initial, reduce }: AnyRealtimeOptions,
): Live<never, never> {
  if (typeof source !== 'string') return source as Live<never, never>
  return reduce
    ? live<never, never>({
        topic: source,
        initial: initial as never,
        reduce: reduce as Live<never, never>['reduce'],
        replay: last,
      })
    : (windowed<never>(source, last) as unknown as Live<never, never>)
}

const NO_MESSAGES: readonly never[] = []

interface Reader {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => LiveSnapshot<never>
  readonly getServerSnapshot: () => LiveSnapshot<never>
  readonly adopt: (definition: Live<never, never>) => void
  readonly extra: { readonly send: Send; readonly reconnect: () => void }
}

function read(client: RealtimeClient, definition: Live<never, never>, flush: Flush): Reader {
  const rendered = renderedState(client, definition.key)
  const first = initialSnapshot(rendered ? (rendered.data as never) : definition.initial)
  return {
    ...liveStoreOf(client, definition, flush),
    getServerSnapshot: () => first,
    extra: {
      send: (type, data, options) => client.send(definition.topic, type, data, options),
      reconnect: () => client.reconnect(),
    },
  }
}

function readNothing(initial: unknown): Reader {
  const first = initialSnapshot(initial as never)
  return {
    subscribe: () => () => {},
    getSnapshot: () => first,
    getServerSnapshot: () => first,
    adopt() {},
    extra: {
      send: () => Promise.reject(new TypeError('expected a topic to send to, got skip')),
      reconnect() {},
    },
  }
}
