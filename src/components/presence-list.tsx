'use client'
import { type ComponentPropsWithoutRef, forwardRef, type ForwardedRef, type ReactNode, type RefAttributes } from 'react'
import type { PresenceMember } from '../client/presence-snapshot.ts'
import { usePresenceList } from '../react/use-presence-list.ts'
import { classNames } from './class-name.ts'

/** Every text of a list. */
export interface PresenceListLabels {
  /** Names the list. */
  readonly list: string
  readonly empty: string
  readonly more: (count: number) => string
  /** Beside oneself. */
  readonly self: string
}

const LABELS: PresenceListLabels = {
  list: 'Who is here',
  empty: 'Nobody is here',
  more: (count) => `and ${count} more`,
  self: 'you',
}

interface CommonProps<Info> extends Omit<ComponentPropsWithoutRef<'div'>, 'children'> {
  /** Most members that are shown; the rest is a number. @defaultValue 5 */
  readonly max?: number
  /** What a member is called. @defaultValue its `info.name`, else its `user` */
  readonly nameOf?: (member: PresenceMember<Info>) => string
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<PresenceListLabels>
  /** Renders a member, instead of initial and name. */
  readonly children?: (member: PresenceMember<Info>) => ReactNode
}

/** A topic to watch (without being there oneself), or members that are known already. */
export type PresenceListProps<Info = unknown> = CommonProps<Info> &
  (
    | { readonly topic: string; readonly members?: undefined; readonly count?: undefined; readonly self?: undefined }
    | ({ readonly topic?: undefined } & Present<Info>)
  )

/** Who is there, as `usePresence` says it. */
interface Present<Info> {
  readonly members: readonly PresenceMember<Info>[]
  /** How many there are, also those that `members` leaves out. @defaultValue the number of members */
  readonly count?: number
  /** The `user` that is oneself. */
  readonly self?: string | undefined
}

/** The type of `PresenceList`: generic, which `forwardRef` alone does not keep. */
export type PresenceListComponent = <Info = unknown>(
  props: PresenceListProps<Info> & RefAttributes<HTMLDivElement>,
) => ReactNode

/**
 * Who is in a topic. With `topic` it watches by itself; with `members` it shows what is known.
 * ```tsx
 * <PresenceList topic="chat:lobby" max={8} />
 * <PresenceList members={members} count={count} self={self} /> // of usePresence('chat:lobby', { name })
 * ```
 */
export const PresenceList: PresenceListComponent = forwardRef<HTMLDivElement, PresenceListProps>(function PresenceList(
  { topic, members, count, self, ...rest },
  ref,
) {
  return topic === undefined ? (
    <Members {...rest} present={{ members: members ?? [], count: count ?? 0, self }} listRef={ref} />
  ) : (
    <Watched {...rest} topic={topic} listRef={ref} />
  )
}) as PresenceListComponent

interface ListProps extends CommonProps<unknown> {
  readonly listRef: ForwardedRef<HTMLDivElement>
}

function Watched({ topic, ...rest }: ListProps & { readonly topic: string }) {
  return <Members {...rest} present={usePresenceList(topic)} />
}

function nameOfMember({ user, info }: PresenceMember): string {
  const name = typeof info === 'object' && info !== null && 'name' in info ? info.name : undefined
  return typeof name === 'string' && name ? name : user
}

/** The first letter as people count letters, so that a flag or an accent stays whole. */
const initialOf = (name: string): string => {
  const [letter = ''] = name.trim().match(/\p{L}\p{M}*|\P{M}\p{M}*/u) ?? []
  return letter.toLocaleUpperCase()
}

function Members({
  present: { members, count = 0, self },
  max = 5,
  nameOf = nameOfMember,
  labels,
  children,
  className,
  listRef,
  ...rest
}: ListProps & { readonly present: Present<unknown> }) {
  const texts = { ...LABELS, ...labels }
  const shown = members.slice(0, max)
  const more = Math.max(count, members.length) - shown.length
  return (
    <div {...rest} ref={listRef} className={classNames('ew-presence', className)}>
      {shown.length === 0 && more === 0 ? (
        <p className="ew-empty">{texts.empty}</p>
      ) : (
        <ul aria-label={texts.list}>
          {shown.map((member) => (
            <li key={member.user} data-self={member.user === self || undefined}>
              {children ? (
                children(member)
              ) : (
                <>
                  <span className="ew-initial" aria-hidden="true">
                    {initialOf(nameOf(member))}
                  </span>
                  <span className="ew-name">{nameOf(member)}</span>
                  {member.user === self && <span className="ew-aside">{texts.self}</span>}
                </>
              )}
            </li>
          ))}
          {more > 0 && <li className="ew-more">{texts.more(more)}</li>}
        </ul>
      )}
    </div>
  )
}
