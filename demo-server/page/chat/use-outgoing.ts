import { EverwireError, useSend } from 'everwire'
import { useState } from 'react'
import type { ChatMessage } from '../../topics/chat.ts'

/** A message of one's own that the server has not shown yet. */
export interface Outgoing extends ChatMessage {
  readonly key: string
  /** Why it was not sent; absent while it is on its way. */
  readonly error?: string
}

/**
 * One's own messages on their way. Each has a key, by which it is known again when it comes back with the others, and
 * which makes trying again harmless.
 */
export function useOutgoing(room: string) {
  const [outgoing, setOutgoing] = useState<readonly Outgoing[]>([])
  const send = useSend(`chat:${room}`)

  const change = (key: string, next: Outgoing | undefined) =>
    setOutgoing((before) => before.flatMap((one) => (one.key === key ? (next ?? []) : one)))

  const deliver = async (message: Outgoing) => {
    const { key, name, text } = message
    try {
      await send('message', { name, text }, { key })
      change(key, undefined)
    } catch (cause) {
      const error = cause instanceof EverwireError ? cause.message : String(cause)
      change(key, { ...message, error })
    }
  }

  return {
    outgoing,
    say: (name: string, text: string) => {
      const message = { key: crypto.randomUUID(), name, text }
      setOutgoing((before) => [...before, message])
      void deliver(message)
    },
    retry: ({ key, name, text }: Outgoing) => {
      const message = { key, name, text }
      change(key, message)
      void deliver(message)
    },
    discard: ({ key }: Outgoing) => change(key, undefined),
  }
}
