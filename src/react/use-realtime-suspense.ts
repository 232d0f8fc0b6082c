'use client'
import type { KnownTopic, MessageOf, SendTo, UnknownTopic } from '../client/contract-types.ts'
import type { Live } from '../client/live.ts'
import type { Message } from '../client/message.ts'
import { suspendUntilKnown } from '../client/suspend.ts'
import { useRealtimeClient } from './client-context.ts'
import type { ReadOptions } from './use-live-result.ts'
import {
  type AnyRealtimeOptions,
  define,
  type RealtimeResult,
  type ReduceOptions,
  type Reduction,
  useRealtime,
  type WindowOptions,
} from './use-realtime.ts'

/**
 * `useRealtime` that suspends until its state is complete for the first time, and gives final errors to the nearest
 * error boundary (`throwOnError` is true by default). It never suspends again for the same topic: a connection that is
 * away makes the data `stale`. Another topic in a transition keeps the old one on the page meanwhile.
 * ```tsx
 * const { data: messages } = useRealtimeSuspense<ChatMessage>('chat:lobby', { last: 50 })
 * ```
 * Suspending is what subscribes, since a component that waits has no effects. Call `preload(client, definition)` before
 * rendering, such as in a route's loader, so that states that are read one after another are fetched together.
 *
 * On a server it renders what was preloaded or hydrated, and connects to nothing: without such a state the fallback of
 * the nearest `<Suspense>` is sent, and the browser goes on from there.
 */
export function useRealtimeSuspense<State, const Topic extends KnownTopic, Selected = State>(
  source: Topic,
  options: WindowOptions<State, Selected> & Reduction<State, MessageOf<Topic>>,
): RealtimeResult<Selected, SendTo<Topic>>
export function useRealtimeSuspense<const Topic extends KnownTopic, Selected = readonly MessageOf<Topic>[]>(
  source: Topic,
  options?: WindowOptions<readonly MessageOf<Topic>[], Selected>,
): RealtimeResult<Selected, SendTo<Topic>>
export function useRealtimeSuspense<State, Data = unknown, Selected = State, const Topic extends string = string>(
  source: Topic & UnknownTopic<Topic>,
  options: ReduceOptions<State, Data, Selected>,
): RealtimeResult<Selected>
export function useRealtimeSuspense<Data = unknown, const Topic extends string = string>(
  source: Topic & UnknownTopic<Topic>,
  options?: WindowOptions<readonly Message<Data>[], readonly Message<Data>[]>,
): RealtimeResult<readonly Message<Data>[]>
export function useRealtimeSuspense<State, Selected = State>(
  source: Live<State, never>,
  options?: ReadOptions<State, Selected>,
): RealtimeResult<Selected>
export function useRealtimeSuspense(
  source: string | Live<unknown, never>,
  options: AnyRealtimeOptions = {},
): RealtimeResult<unknown> {
  const definition = define(source, options)
  suspendUntilKnown(useRealtimeClient(), definition)
  return useRealtime(definition, { throwOnError: true, ...(options as ReadOptions<never, unknown>) })
}
