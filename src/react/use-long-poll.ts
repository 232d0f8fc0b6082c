'use client'
import type { AnyMessage, MessageTypes } from '../endpoint/endpoint.ts'
import { createLongPollClient, type LongPollOptions } from '../endpoint/long-poll-client.ts'
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

export type UseLongPollOptions<
  Types extends MessageTypes = Record<string, unknown>,
  State = readonly AnyMessage<Types>[],
  Selected = State,
> = ClientOptionsOf<LongPollOptions> & EndpointHookOptions<AnyMessage<Types>, State, Selected>

export type LongPollResult<State> = LiveResult<State>

const longPolls = endpointKind(createLongPollClient)
const addNothing = () => ({})

/**
 * A long-polled endpoint of any server: its last messages or a state reduced from them.
 * Needs no provider. Components that give the same URL and options share one connection; of function options, those of
 * the component that rendered last are called.
 * ```tsx
 * const { data: messages } = useLongPoll<{ message: ChatMessage }>('/poll?topic=lobby')
 * ```
 * @param url - relative to the page; `skip` opens nothing; a function is asked at each attempt
 */
export function useLongPoll<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl | Skip,
  options?: UseLongPollOptions<Types>,
): LongPollResult<readonly AnyMessage<Types>[]>
export function useLongPoll<State, Types extends MessageTypes = Record<string, unknown>, Selected = State>(
  url: EndpointUrl | Skip,
  options: UseLongPollOptions<Types, State, Selected> & EndpointReduceOptions<AnyMessage<Types>, State>,
): LongPollResult<Selected>
export function useLongPoll(url: EndpointUrl | Skip, options: AnyEndpointOptions = {}): LongPollResult<unknown> {
  return useEndpoint(longPolls, url, options, addNothing)
}
