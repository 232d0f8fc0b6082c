'use client'
import type { PresenceSnapshot } from '../client/presence-snapshot.ts'
import type { Skip } from './skip.ts'
import type { PresenceHookOptions } from './use-presence.ts'
import { usePresenceSnapshot, useTopicPresence } from './use-presence-snapshot.ts'

export interface PresenceListOptions<Info, Selected> extends PresenceHookOptions {
  /** Renders only when what it returns changes. */
  readonly select: (presence: PresenceSnapshot<Info>) => Selected
  /** @defaultValue `Object.is` */
  readonly isEqual?: (a: Selected, b: Selected) => boolean
}

/**
 * Who is in a topic, without being there oneself. Inline functions are fine.
 * ```tsx
 * const { members, count } = usePresenceList<Profile>('chat:lobby')
 * const count = usePresenceList('chat:lobby', { select: ({ count }) => count })
 * ```
 * @param topic - `skip` watches nothing
 */
export function usePresenceList<Info = unknown>(
  topic: string | Skip,
  options?: PresenceHookOptions & { readonly select?: undefined },
): PresenceSnapshot<Info>
export function usePresenceList<Info, Selected>(
  topic: string | Skip,
  options: PresenceListOptions<Info, Selected>,
): Selected
export function usePresenceList(
  topic: string | Skip,
  { flush = 'frame', select = whole, isEqual = Object.is }: AnyListOptions = {},
): unknown {
  return usePresenceSnapshot<never, unknown>(useTopicPresence<never>(topic, flush), select, isEqual)
}

/** What both overloads have in common: nothing is known of the types. */
type AnyListOptions = PresenceHookOptions & {
  readonly select?: ((presence: PresenceSnapshot<never>) => unknown) | undefined
  readonly isEqual?: (a: never, b: never) => boolean
}

const whole = (presence: PresenceSnapshot<never>) => presence
