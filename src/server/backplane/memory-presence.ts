import { isDeepStrictEqual } from 'node:util'
import type { PresenceDiff, PresenceMember } from './contract.ts'

interface Session {
  readonly member: PresenceMember
  /** The instance that has it. */
  readonly owner: string
}

/** Who is in which topic, and connected to which instance. */
export class MemoryPresence {
  /** Topic → session id → session, in the order in which they came. */
  readonly #topics = new Map<string, Map<string, Session>>()

  /** What there is to tell; nothing where only the instance changed. */
  join(name: string, member: PresenceMember, owner: string): PresenceDiff | undefined {
    const sessions = this.#topics.get(name) ?? new Map<string, Session>()
    this.#topics.set(name, sessions)
    const known = sessions.get(member.sid)?.member
    sessions.set(member.sid, { member, owner })
    return isDeepStrictEqual(known, member) ? undefined : { join: [member], leave: [], count: sessions.size }
  }

  leave(name: string, sid: string, owner: string): PresenceDiff | undefined {
    const sessions = this.#topics.get(name)
    const session = sessions?.get(sid)
    if (!sessions || session?.owner !== owner) return undefined
    sessions.delete(sid)
    if (sessions.size === 0) this.#topics.delete(name)
    return { join: [], leave: [session.member], count: sessions.size }
  }

  list(name: string, limit: number): { members: readonly PresenceMember[]; count: number } {
    const members = [...(this.#topics.get(name)?.values() ?? [])].map(({ member }) => member)
    return { members: members.slice(0, limit), count: members.length }
  }

  /** Everybody who is still with an instance leaves. */
  abandon(owner: string): [name: string, diff: PresenceDiff][] {
    const diffs: [string, PresenceDiff][] = []
    for (const [name, sessions] of this.#topics) {
      const leave = [...sessions.values()].filter((session) => session.owner === owner).map(({ member }) => member)
      for (const { sid } of leave) sessions.delete(sid)
      if (sessions.size === 0) this.#topics.delete(name)
      if (leave.length > 0) diffs.push([name, { join: [], leave, count: sessions.size }])
    }
    return diffs
  }

  clear(): void {
    this.#topics.clear()
  }
}
