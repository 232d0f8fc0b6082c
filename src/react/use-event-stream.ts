'use client'
import type { AnyMessage, MessageTypes } from '../endpoint/endpoint.ts'
import { createEventStreamClient, type EventStreamOptions } from '../endpoint/event-stream-client.ts'
import type { EndpointUrl } from '../endpoint/resolve-url.ts'
import { endpointKind } from './shared-endpoint.ts'
import type { Skip } from './skip.ts'
import {
  type AnyEndpointOptions,
  type ClientOptionsOf,
  type EndpointHookOptions,
  type EndpointReduceOptions,
  useEndpoint,
} from './use-endpoint.ts'
import type { LiveResult } from './use-live-result.ts'

export type UseEventStreamOptions<
  Types extends MessageTypes = Record<string, unknown>,
  State = readonly AnyMessage<Types>[],
  Selected = State,
> = ClientOptionsOf<EventStreamOptions> & EndpointHookOptions<AnyMessage<Types>, State, Selected>

export type EventStreamResult<State> = LiveResult<State>

const eventStreams = endpointKind(createEventStreamClient)
const addNothing = () => ({})

/**
 * An event stream (Server-Sent Events) of any server: its last messages or a state reduced from them.
 * Needs no provider. Components that give the same URL and options share one connection; of function options, those of
 * the component that rendered last are called.
 * ```tsx
 * const { data: prices } = useEventStream<{ 'price-update': Price }>('/events', { last: 20 })
 * ```
 * @param url - relative to the page; `skip` opens nothing; a function is asked at each attempt
 */
export function useEventStream<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl | Skip,
  options?: UseEventStreamOptions<Types>,
): EventStreamResult<readonly AnyMessage<Types>[]>
export function useEventStream<State, Types extends MessageTypes = Record<string, unknown>, Selected = State>(
  url: EndpointUrl | Skip,
  options: UseEventStreamOptions<Types, State, Selected> & EndpointReduceOptions<AnyMessage<Types>, State>,
): EventStreamResult<Selected>
export function useEventStream(url: EndpointUrl | Skip, options: AnyEndpointOptions = {}): EventStreamResult<unknown> {
  return useEndpoint(eventStreams, url, options, addNothing)
}
