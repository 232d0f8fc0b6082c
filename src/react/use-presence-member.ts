'use client'
import type { PresenceMember } from '../client/presence-snapshot.ts'
import type { Skip } from './skip.ts'
import type { PresenceHookOptions } from './use-presence.ts'
import { usePresenceSnapshot, useTopicPresence } from './use-presence-snapshot.ts'

/**
 * One user in a topic; `undefined` while it is not there, or among those that the server cuts off a very long list.
 * Renders only when this one changes.
 */
export function usePresenceMember<Info = unknown>(
  topic: string | Skip,
  user: string,
  { flush = 'frame' }: PresenceHookOptions = {},
): PresenceMember<Info> | undefined {
  return usePresenceSnapshot(useTopicPresence<Info>(topic, flush), ({ members }) =>
    members.find((member) => member.user === user),
  )
}
