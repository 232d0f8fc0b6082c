'use client'
import { useEffect, useId } from 'react'
import { initialSnapshot, type LiveSnapshot } from '../client/state-store.ts'
import type { EndpointClient, EndpointMessage, EndpointOptions } from '../endpoint/endpoint.ts'
import type { EndpointUrl } from '../endpoint/resolve-url.ts'
import { endpointKey } from './endpoint-key.ts'
import { type EndpointKind, readEndpoint } from './shared-endpoint.ts'
import { type Skip, skip } from './skip.ts'
import { useEffectEvent } from './use-effect-event.ts'
import { useKeyed } from './use-keyed.ts'
import { type AnyReadOptions, type ReadOptions, useLiveResult } from './use-live-result.ts'

/** Options that the three endpoint hooks add to those of their clients. Inline objects and functions are fine. */
export interface EndpointHookOptions<Message extends EndpointMessage, State, Selected> extends ReadOptions<
  State,
  Selected
> {
  /** How many messages `data` keeps. @defaultValue 50 */
  readonly last?: number
  /** Called for every message, exactly once and in order. Renders nothing. */
  readonly onMessage?: (message: Message) => void
}

/** A state of your own instead of the last messages. */
export interface EndpointReduceOptions<Message extends EndpointMessage, State> {
  readonly initial: State
  /** Called once per message, in order; components with the same endpoint and reducer share the state. Pure. */
  reduce(this: void, state: State, message: Message): State
}

/** A client's options without those that a component decides by being there. */
export type ClientOptionsOf<Options extends EndpointOptions> = Omit<Options, 'autoConnect' | 'signal'>

/** What all overloads of the endpoint hooks have in common: nothing is known of the types of state and selection. */
export type AnyEndpointOptions = AnyReadOptions & {
  readonly last?: number
  readonly onMessage?: (message: never) => void
  readonly initial?: unknown
  readonly reduce?: (state: never, message: never) => unknown
}

export interface EndpointExtra {
  readonly reconnect: () => void
}

/**
 * An endpoint of a kind, shared by all components that give the same URL and options: the first one opens it, 5 seconds
 * after the last one is gone it closes. A URL that is a function is asked at each attempt and shared with nobody.
 * @param addExtra - makes what the hook returns beside the snapshot; `withClient` opens the endpoint where it is not open
 */
export function useEndpoint<Options extends object, Client extends EndpointClient, Extra extends object>(
  kind: EndpointKind<Options, Client>,
  url: EndpointUrl | Skip,
  {
    last = 50,
    initial,
    reduce,
    onMessage,
    select,
    isEqual,
    flush = 'frame',
    throwOnError = false,
    ...options
  }: AnyEndpointOptions,
  addExtra: (withClient: <Result>(run: (client: Client) => Result) => Result) => Extra,
): LiveSnapshot<unknown> & EndpointExtra & Extra {
  const id = useId()
  const key = url === skip ? skip : endpointKey(typeof url === 'function' ? id : url, options)
  const reader = useKeyed([key, reduce ? 'reduce' : last, flush], () => {
    const first = initialSnapshot((reduce ? initial : []) as never)
    const nothing = { subscribe: () => () => {}, getSnapshot: () => first, getServerSnapshot: () => first }
    const found =
      url === skip || key === skip
        ? undefined
        : readEndpoint(kind, key, url, options as Options, { last, initial, reduce: reduce as never }, flush)
    const withClient = <Result>(run: (client: Client) => Result): Result => {
      if (!found) throw new TypeError('expected a URL, got skip')
      return found.withClient(run)
    }
    return {
      ...(found ?? nothing),
      found,
      extra: { reconnect: () => found?.withClient((client) => client.reconnect()), ...addExtra(withClient) },
    }
  })
  const { found } = reader
  const hears = onMessage !== undefined
  const onEvent = useEffectEvent((message: never) => onMessage?.(message))
  const result = useLiveResult(reader, {
    throwOnError,
    ...(select && { select }),
    ...(isEqual && { isEqual }),
  })
  useEffect(() => {
    if (url !== skip) found?.adopt(url, options as Options)
  })
  useEffect(() => (hears ? found?.listen((message) => onEvent(message as never)) : undefined), [found, hears])
  return result
}
