'use client'
import { useEffect } from 'react'
import type { PresenceSnapshot } from '../client/presence-snapshot.ts'
import type { Flush } from '../lib/flush.ts'
import { endpointKey } from './endpoint-key.ts'
import type { Skip } from './skip.ts'
import { useKeyed } from './use-keyed.ts'
import { usePresenceSnapshot, useTopicPresence } from './use-presence-snapshot.ts'

export interface PresenceHookOptions {
  /** @defaultValue 'frame' */
  readonly flush?: Flush
}

const whole = <Info>(presence: PresenceSnapshot<Info>) => presence

/**
 * Is in a topic while the component is mounted and visible, and says who else is. A moment after the last component of
 * this client is gone or hidden (`<Activity>`), the others see it leave.
 * ```tsx
 * const { members, count, self, status } = usePresence('chat:lobby', { name, mood })
 * ```
 * @param topic - `skip`: is nowhere and watches nothing
 * @param info - what the others see of this client: JSON, compared by its content, so it may be inline
 */
export function usePresence<Info = unknown>(
  topic: string | Skip,
  info?: Info,
  { flush = 'frame' }: PresenceHookOptions = {},
): PresenceSnapshot<Info> {
  const presence = useTopicPresence<Info>(topic, flush)
  const said = useKeyed([endpointKey(info)], () => ({ info }))
  const snapshot = usePresenceSnapshot(presence, whole)
  useEffect(() => presence.join(said.info), [presence, said])
  return snapshot
}
