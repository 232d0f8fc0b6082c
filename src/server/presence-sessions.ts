import { isDeepStrictEqual } from 'node:util'
import { backoffMs } from '../lib/backoff.ts'
import type { Scope } from '../lib/scope.ts'
import type { Backplane, PresenceMember } from './backplane/contract.ts'

export interface SessionServices {
  readonly backplane: Backplane
  /** Resolves when the backplane is there. */
  readonly ready: Promise<void>
  readonly scope: Scope
  /** How long a session without a connection still counts as there, in milliseconds. */
  readonly lingerMs: number
  readonly pause: (ms: number) => Promise<void>
  readonly failed: (error: unknown) => void
}

/** One client in one topic, over all its connections to this instance. */
export interface Session {
  readonly name: string
  readonly sid: string
  /** The connections that want it to be seen. */
  readonly connections: Set<object>
  /** What the backplane is to have; `undefined`: nothing of this instance. */
  wanted: PresenceMember | undefined
  /** What it has, as far as is known; `null`: another instance may have it, or nobody knows. */
  stored: PresenceMember | undefined | null
  working: Promise<void> | undefined
  cancelLinger: () => void
}

/** Who is seen through this instance. */
export interface Sessions {
  /** A connection wants it to be seen. Resolves when the backplane has it, or could not be reached at first. */
  enter(connection: object, name: string, member: PresenceMember): Promise<Session>
  /** A connection is gone; the client may come back with another. */
  drop(connection: object, session: Session): void
  /** The client itself does not want to be seen any more, whichever of its connections said so. */
  leave(name: string, sid: string): void
  /** The backplane may have forgotten what it had. */
  suspect(names: 'all' | readonly string[]): void
}

const idOf = (name: string, sid: string) => `${name} ${sid}`

export function createSessions({ backplane, ready, scope, lingerMs, pause, failed }: SessionServices): Sessions {
  const sessions = new Map<string, Session>()

  /** Makes the backplane what is wanted, one call at a time; what fails is tried again until it works. */
  function settle(session: Session): Promise<void> {
    session.working ??= attempt(session, 0)
    return session.working
  }

  async function attempt(session: Session, failures: number): Promise<void> {
    const { name, sid, wanted } = session
    try {
      await ready
      await (wanted ? backplane.presence.join(name, wanted) : backplane.presence.leave(name, sid))
      session.stored = wanted
    } catch (error) {
      if (scope.stopped) return
      session.stored = null
      failed(error)
      const wait = backoffMs(failures, { minMs: 100, maxMs: 5_000 }, Math.random())
      void pause(wait).then(() => (scope.stopped ? undefined : attempt(session, failures + 1)))
      return
    }
    if (session.wanted !== session.stored) return attempt(session, 0)
    session.working = undefined
    if (!session.wanted && session.connections.size === 0) forget(session)
  }

  function forget(session: Session): void {
    const id = idOf(session.name, session.sid)
    if (sessions.get(id) === session) sessions.delete(id)
  }

  function end(session: Session): void {
    session.cancelLinger()
    session.connections.clear()
    session.wanted = undefined
    void settle(session)
  }

  return {
    async enter(connection, name, member) {
      const id = idOf(name, member.sid)
      const session: Session = sessions.get(id) ?? {
        name,
        sid: member.sid,
        connections: new Set(),
        wanted: undefined,
        stored: undefined,
        working: undefined,
        cancelLinger() {},
      }
      sessions.set(id, session)
      session.cancelLinger()
      // Since its last connection it may have been with another instance.
      if (!session.connections.has(connection)) session.stored = null
      session.connections.add(connection)
      if (!isDeepStrictEqual(session.wanted, member)) session.wanted = member
      if (session.wanted !== session.stored) await settle(session)
      return session
    },
    drop(connection, session) {
      if (!session.connections.delete(connection) || session.connections.size > 0) return
      session.cancelLinger()
      session.cancelLinger = scope.after(lingerMs, () => end(session))
    },
    leave(name, sid) {
      const session = sessions.get(idOf(name, sid))
      if (session) end(session)
    },
    suspect(names) {
      for (const session of sessions.values()) {
        if (names !== 'all' && !names.includes(session.name)) continue
        session.stored = null
        if (session.wanted) void settle(session)
      }
    },
  }
}
