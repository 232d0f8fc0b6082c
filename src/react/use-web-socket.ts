'use client'
import type { AnyMessage, MessageTypes } from '../endpoint/endpoint.ts'
import type { EndpointUrl } from '../endpoint/resolve-url.ts'
import { createWebSocketClient } from '../endpoint/web-socket-client.ts'
import type { WebSocketClient, WebSocketOptions } from '../endpoint/web-socket-options.ts'
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

export type UseWebSocketOptions<
  Types extends MessageTypes = Record<string, unknown>,
  State = readonly AnyMessage<Types>[],
  Selected = State,
> = ClientOptionsOf<WebSocketOptions> & EndpointHookOptions<AnyMessage<Types>, State, Selected>

export type WebSocketResult<State> = LiveResult<State, Pick<WebSocketClient, 'send'>>

const webSockets = endpointKind(createWebSocketClient)
const addSend = (
  withClient: <Result>(run: (client: WebSocketClient) => Result) => Result,
): Pick<WebSocketClient, 'send'> => ({
  send: (message) => withClient((client) => client.send(message)),
})

/**
 * A WebSocket to a server of any kind: its last messages (or a state reduced from them) and `send`.
 * Needs no provider. Components that give the same URL and options share one connection; of function options, those of
 * the component that rendered last are called.
 * ```tsx
 * const { data: messages, status, send } = useWebSocket<{ message: ChatMessage }>('/rooms')
 * ```
 * @param url - relative to the page; `skip` opens nothing; a function is asked at each attempt
 */
export function useWebSocket<Types extends MessageTypes = Record<string, unknown>>(
  url: EndpointUrl | Skip,
  options?: UseWebSocketOptions<Types>,
): WebSocketResult<readonly AnyMessage<Types>[]>
export function useWebSocket<State, Types extends MessageTypes = Record<string, unknown>, Selected = State>(
  url: EndpointUrl | Skip,
  options: UseWebSocketOptions<Types, State, Selected> & EndpointReduceOptions<AnyMessage<Types>, State>,
): WebSocketResult<Selected>
export function useWebSocket(url: EndpointUrl | Skip, options: AnyEndpointOptions = {}): WebSocketResult<unknown> {
  return useEndpoint(webSockets, url, options, addSend)
}
