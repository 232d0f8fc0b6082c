import type { PresenceFrame, PresentUser } from '../protocol/frame.ts'
import type { PresenceMember } from './presence-snapshot.ts'

/** Who is in a topic, as the server's frames tell it. */
export interface PresenceList {
  readonly members: readonly PresenceMember[]
  readonly count: number
  /** The server's name for the list as it stands; absent before the first. */
  readonly version: string | undefined
}

export const EMPTY_LIST: PresenceList = { members: [], count: 0, version: undefined }

/** The list after a frame with all of it, or with a difference. Who did not change keeps its identity. */
export function takePresence(list: PresenceList, { all, join, leave, n, i }: PresenceFrame): PresenceList {
  const before = new Map(list.members.map((member) => [member.user, member]))
  const after = all ? new Map<string, PresenceMember>() : new Map(before)
  for (const user of leave) after.delete(user)
  for (const present of join) after.set(present.user, kept(before.get(present.user), present))
  const members = [...after.values()]
  const isSame =
    members.length === list.members.length && members.every((member, index) => member === list.members[index])
  return { members: isSame ? list.members : Object.freeze(members), count: n, version: i }
}

function kept(known: PresenceMember | undefined, { user, info, conns }: PresentUser): PresenceMember {
  const isSame = known?.conns === conns && JSON.stringify(known.info) === JSON.stringify(info)
  return isSame ? known : Object.freeze({ user, info, conns })
}
