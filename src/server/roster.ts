import { randomId } from '../lib/random-id.ts'
import type { PresentUser } from '../protocol/frame.ts'
import type { PresenceDiff, PresenceMember } from './backplane/contract.ts'

/** What changed in a list since it was told last. */
export interface RosterChange {
  readonly join: readonly PresentUser[]
  readonly leave: readonly string[]
}

/**
 * Who is in a topic, by user: made of sessions, told as users. The list that is told has a limit; who came first is on
 * it, and when one of those leaves the next one moves up.
 */
export class Roster {
  readonly #limit: number
  readonly #sessions = new Map<string, PresenceMember>()
  /** User → the ids of its sessions, the one that said its info last at the end. */
  readonly #users = new Map<string, Set<string>>()
  /** User → what was told of it. */
  readonly #told = new Map<string, { readonly text: string; readonly present: PresentUser }>()
  readonly #changed = new Set<string>()
  readonly #epoch = randomId(8)
  #version = 0
  /** Sessions that the backplane counts beside those that are here. */
  #beyond = 0
  #toldCount = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Names the list as it was told last. */
  get version(): string {
    return `${this.#epoch}.${this.#version}`
  }

  /** How many users are there, as it was told last. */
  get count(): number {
    return this.#toldCount
  }

  /** The list as it was told last, in the order in which they came. */
  get list(): readonly PresentUser[] {
    return [...this.#told.values()].map(({ present }) => present)
  }

  /** There is something to tell. */
  get isDue(): boolean {
    return this.#changed.size > 0 || this.#toldCount !== this.#users.size + this.#beyond
  }

  /** Takes what the backplane says is all. */
  reset(members: readonly PresenceMember[], count: number): void {
    const known = new Set(members.map(({ sid }) => sid))
    for (const sid of [...this.#sessions.keys()]) if (!known.has(sid)) this.#remove(sid)
    for (const member of members) this.#add(member)
    this.#beyond = Math.max(0, count - this.#sessions.size)
  }

  apply({ join, leave, count }: PresenceDiff): void {
    for (const { sid } of leave) this.#remove(sid)
    for (const member of join) this.#add(member)
    this.#beyond = Math.max(0, count - this.#sessions.size)
  }

  /** What is to be told now; `undefined` where nothing is. From then on it counts as told. */
  take(): RosterChange | undefined {
    if (!this.isDue) return undefined
    const join: PresentUser[] = []
    const leave: string[] = []
    for (const user of this.#changed) {
      if (this.#users.has(user)) continue
      if (this.#told.delete(user)) leave.push(user)
    }
    for (const user of this.#changed) if (this.#told.has(user)) this.#tell(user, join)
    // In the order in which they came, so that all instances cut the list alike.
    if (this.#told.size < Math.min(this.#limit, this.#users.size)) {
      for (const user of this.#users.keys()) {
        if (this.#told.size >= this.#limit) break
        if (!this.#told.has(user)) this.#tell(user, join)
      }
    }
    this.#changed.clear()
    const count = this.#users.size + this.#beyond
    const isNews = join.length > 0 || leave.length > 0 || count !== this.#toldCount
    this.#toldCount = count
    if (!isNews) return undefined
    this.#version++
    return { join, leave }
  }

  #tell(user: string, join: PresentUser[]): void {
    const sids = [...this.#users.get(user)!]
    const { info } = this.#sessions.get(sids.at(-1)!)!
    const present = { user, ...(info !== undefined && { info }), conns: sids.length }
    const text = JSON.stringify(present)
    if (this.#told.get(user)?.text === text) return
    this.#told.set(user, { text, present })
    join.push(present)
  }

  #add(member: PresenceMember): void {
    const { sid, user } = member
    const known = this.#sessions.get(sid)
    if (known && known.user !== user) this.#remove(sid)
    this.#sessions.set(sid, member)
    const sids = this.#users.get(user) ?? new Set()
    this.#users.set(user, sids)
    sids.delete(sid)
    sids.add(sid)
    this.#changed.add(user)
  }

  #remove(sid: string): void {
    const member = this.#sessions.get(sid)
    if (!member) return
    this.#sessions.delete(sid)
    const sids = this.#users.get(member.user)!
    sids.delete(sid)
    if (sids.size === 0) this.#users.delete(member.user)
    this.#changed.add(member.user)
  }
}
