'use client'
import { IDLE_PRESENCE, type PresenceSnapshot, type TopicPresence } from '../client/presence-snapshot.ts'
import type { Flush } from '../lib/flush.ts'
import { useRealtimeClient } from './client-context.ts'
import { type Skip, skip } from './skip.ts'
import { useKeyed } from './use-keyed.ts'
import { useProjected } from './use-projected.ts'

const NO_PRESENCE: TopicPresence<never> = {
  join: () => () => {},
  subscribe: () => () => {},
  getSnapshot: () => IDLE_PRESENCE,
}
const getServerSnapshot = () => IDLE_PRESENCE

/** The presence of a topic as the client shares it; with `skip` one in which nobody ever is. */
export function useTopicPresence<Info>(topic: string | Skip, flush: Flush): TopicPresence<Info> {
  const client = useRealtimeClient()
  return useKeyed([client, topic, flush], () =>
    topic === skip ? (NO_PRESENCE as TopicPresence<Info>) : client.presence<Info>(topic, { flush }),
  )
}

/** Watches a presence, and renders when what `project` makes of it changes. */
export function usePresenceSnapshot<Info, Result>(
  { subscribe, getSnapshot }: TopicPresence<Info>,
  project: (presence: PresenceSnapshot<Info>) => Result,
  isEqual: (a: never, b: never) => boolean = Object.is,
): Result {
  return useProjected<PresenceSnapshot<Info>, Result>(
    { subscribe, getSnapshot, getServerSnapshot },
    project,
    isEqual as (a: Result, b: Result) => boolean,
  )
}
