'use client'
import { useCallback } from 'react'
import type { SendOptions, SendResult } from '../client/realtime-client.ts'
import { useRealtimeClient } from './client-context.ts'

/** Resolves when the server has stored the message; rejects once, with an `EverwireError` that says how it ended. */
export type Send = (type: string, data?: unknown, options?: SendOptions) => Promise<SendResult>

/**
 * A function that sends to a topic, without listening to it. Its identity stays while topic and defaults do.
 * @param defaults - for all sends; inline is fine
 */
export function useSend(topic: string, defaults: Pick<SendOptions, 'timeoutMs' | 'signal'> = {}): Send {
  const client = useRealtimeClient()
  const { timeoutMs, signal } = defaults
  return useCallback<Send>(
    (type, data, options) =>
      client.send(topic, type, data, {
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(signal && { signal }),
        ...options,
      }),
    [client, topic, timeoutMs, signal],
  )
}
