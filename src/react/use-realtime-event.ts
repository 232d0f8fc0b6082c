'use client'
import { useEffect, useRef } from 'react'
import type { EventType, KnownTopic, MessageOf, UnknownTopic } from '../client/contract-types.ts'
import type { Message } from '../client/message.ts'
import { placeAfter } from '../client/place-after.ts'
import { useRealtimeClient } from './client-context.ts'
import { type Skip, skip } from './skip.ts'
import { useEffectEvent } from './use-effect-event.ts'

export interface RealtimeEventOptions {
  /**
   * - `none`: from now on
   * - `{ last }`: first so many messages of the history
   * - `missed`: from now on; after a time in which the component was hidden (`<Activity>`), first what came meanwhile
   *   and is still in the history
   * @defaultValue 'none'
   */
  readonly replay?: 'none' | 'missed' | { readonly last: number }
  /** @defaultValue true */
  readonly enabled?: boolean
}

/**
 * Calls `handler` for every message of a type (`*`: of all), exactly once and in order, also when a thousand come at
 * once. Renders nothing. The handler may be inline and sees the newest props.
 */
export function useRealtimeEvent<const Topic extends KnownTopic, const Type extends EventType<Topic>>(
  topic: Topic | Skip,
  type: Type,
  handler: (message: MessageOf<Topic, Type>) => void,
  options?: RealtimeEventOptions,
): void
export function useRealtimeEvent<const Topic extends KnownTopic>(
  topic: Topic | Skip,
  type: '*',
  handler: (message: MessageOf<Topic>) => void,
  options?: RealtimeEventOptions,
): void
export function useRealtimeEvent<Data = unknown, const Topic extends string = string>(
  topic: (Topic & UnknownTopic<Topic>) | Skip,
  type: string,
  handler: (message: Message<Data>) => void,
  options?: RealtimeEventOptions,
): void
export function useRealtimeEvent(
  topic: string | Skip,
  type: string,
  handler: (message: never) => void,
  { replay = 'none', enabled = true }: RealtimeEventOptions = {},
): void {
  const client = useRealtimeClient()
  const onMessage = useEffectEvent((message: Message) => {
    // Until the effects of a render have run, its handler hears the subscription of the render before.
    if (message.topic === topic && (type === '*' || message.type === type)) handler(message as never)
  })
  const seen = useRef({ topic: '', id: '' })
  const last = typeof replay === 'object' ? replay.last : 0
  const missed = replay === 'missed'
  useEffect(() => {
    if (topic === skip || !enabled) return
    if (seen.current.topic !== topic) seen.current = { topic, id: '' }
    // Effects run again after Activity and in development: what was handled must not be handled twice.
    const place = seen.current
    let resumeFrom = place.id
    return client.listen(topic, {
      replay: missed && resumeFrom ? 'all' : last,
      onMessage(message) {
        if (resumeFrom) {
          const where = placeAfter(resumeFrom, message.id)
          if (message.id === resumeFrom) resumeFrom = ''
          // Ids that cannot be compared: only what follows the last one that was handled.
          if (where === 'seen' || (where === 'unknown' && message.replayed)) return
          resumeFrom = ''
        }
        place.id = message.id
        onMessage(message)
      },
      onReset() {
        place.id = resumeFrom = ''
      },
    })
  }, [client, topic, enabled, missed, last])
}
