'use client'
import { useCallback } from 'react'
import type { KnownTopic, SendTo, UnknownTopic } from '../client/contract-types.ts'
import type { SendOptions, SendResult } from '../client/realtime-client.ts'
import { useRealtimeClient } from './client-context.ts'

/** Resolves when the server has stored the message; rejects once, with an `EverwireError` that says how it ended. */
export type Send = (type: string, data?: unknown, options?: SendOptions) => Promise<SendResult>

/** What all sends of a hook have in common. */
export type SendDefaults = Pick<SendOptions, 'timeoutMs' | 'signal' | 'whenOffline'>

/**
 * A function that sends to a topic, without listening to it. Its identity stays while topic and defaults do.
 * @param defaults - for all sends; inline is fine
 */
export function useSend<const Topic extends KnownTopic>(topic: Topic, defaults?: SendDefaults): SendTo<Topic>
export function useSend<const Topic extends string = string>(
  topic: Topic & UnknownTopic<Topic>,
  defaults?: SendDefaults,
): Send
export function useSend(topic: string, defaults: SendDefaults = {}): Send {
  const client = useRealtimeClient()
  const { timeoutMs, signal, whenOffline } = defaults
  return useCallback<Send>(
    (type, data, options) =>
      client.send(topic, type, data, {
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal && { signal }),
        ...(whenOffline && { whenOffline }),
        ...options,
      }),
    [client, topic, timeoutMs, signal, whenOffline],
  )
}
