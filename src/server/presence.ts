import { createHash } from 'node:crypto'
import { CODE } from '../protocol/codes.ts'
import type { PresenceWish } from '../protocol/frame.ts'
import type { PresenceDiff } from './backplane/contract.ts'
import type { Connection } from './connection.ts'
import { encode } from './encoded.ts'
import type { Hooks } from './hooks.ts'
import type { ServerLimits } from './limits.ts'
import { nameOf, topicOf } from './name.ts'
import type { Identity, LogEntry, TopicRules } from './options.ts'
import { createSessions, type Session, type SessionServices } from './presence-sessions.ts'
import { Watch, type Watcher } from './presence-watch.ts'
import { sizeOf } from './publish.ts'
import { Refusal } from './refusal.ts'

export interface PresenceServices extends SessionServices {
  readonly limits: ServerLimits
  readonly hooks: Hooks
  readonly rulesOf: (topic: string) => TopicRules
  readonly log: (entry: LogEntry) => void
}

type Wishes = Readonly<Record<string, PresenceWish>>

/** Who is where, and who is told. */
export interface Presence {
  /** What a connection wants of topics from now on; each is granted or refused. */
  want(connection: Connection, wishes: Wishes): void
  /** The connection's credentials were renewed: what they no longer allow ends. */
  review(connection: Connection): void
  /** The connection took what waited for it. */
  drained(connection: Connection): void
  /** The connection is gone. */
  forget(connection: Connection): void
  /** The backplane tells who came and left. */
  diff(name: string, diff: PresenceDiff): void
  suspect(names: 'all' | readonly string[]): void
}

/** One topic of one connection. */
interface Seat {
  readonly name: string
  wish: PresenceWish
  session: Session | undefined
  watcher: Watcher | undefined
  unwatch: () => void
}

/** As whom somebody is seen. Where nobody has a name each client is somebody of its own, but its id stays its own. */
const seenAs = ({ user }: Identity, sid: string): string =>
  user === '' ? `~${createHash('sha256').update(sid).digest('base64url').slice(0, 12)}` : user

/** Nobody takes another user's session over by knowing its id. */
const sessionOf = ({ user }: Identity, sid: string): string => `${user}\n${sid}`

export function createPresence(services: PresenceServices): Presence {
  const { limits, hooks, rulesOf, scope, backplane } = services
  const sessions = createSessions(services)
  const watches = new Map<string, Watch>()
  const seats = new WeakMap<Connection, Map<string, Seat>>()

  scope.defer(() => {
    for (const watch of watches.values()) watch.shared.stop()
  })

  function watchOf(name: string): Watch {
    const running = watches.get(name)
    if (running) return running
    const options = { ...services, limit: limits.presentUsers, everyMs: limits.presenceMs }
    const watch = new Watch(name, topicOf(name), options, () => {
      watches.delete(name)
      backplane.presence.unwatch([name]).catch((error: unknown) => scope.stopped || services.failed(error))
    })
    watches.set(name, watch)
    return watch
  }

  const seatsOf = (connection: Connection): Map<string, Seat> => {
    const known = seats.get(connection) ?? new Map<string, Seat>()
    seats.set(connection, known)
    return known
  }

  /** The connection wants nothing of the topic any more, or may not have it. */
  function vacate(connection: Connection, topic: string): void {
    const seat = seats.get(connection)?.get(topic)
    seats.get(connection)?.delete(topic)
    seat?.unwatch()
    sessions.leave(nameOf(connection.identity.tenant, topic), sessionOf(connection.identity, connection.sid))
  }

  function refuse(connection: Connection, c: string, { code, message, retryMs }: Refusal): void {
    // What can be had later is not taken away now.
    if (retryMs === undefined) vacate(connection, c)
    connection.send(encode({ t: 'err', c, code, msg: message, ...(retryMs !== undefined && { retry: retryMs }) }))
  }

  /** Why a wish cannot be granted whatever `authorize` says. */
  function fault(topic: string, { on, info }: PresenceWish, hasRoom: boolean): Refusal | undefined {
    if (!rulesOf(topic).presence) return new Refusal(CODE.forbidden, 'the topic has no presence')
    if (!hasRoom) {
      return new Refusal(CODE.tooBig, `a connection may have the presence of ${limits.topics} topics`)
    }
    const bytes = on ? sizeOf(info) : 0
    return bytes > limits.infoBytes
      ? new Refusal(CODE.tooBig, `the info of a presence may have ${limits.infoBytes} bytes, got ${bytes}`)
      : undefined
  }

  async function allowed(identity: Identity, wishes: readonly (readonly [string, PresenceWish])[]) {
    const ask = async (action: 'presence' | 'watch', topics: readonly string[]) =>
      topics.length === 0 ? () => true : hooks.authorize({ identity, action, topics })
    const topicsOf = (wants: (wish: PresenceWish) => boolean | undefined) =>
      wishes.filter(([, wish]) => wants(wish)).map(([topic]) => topic)
    const [maySee, mayWatch] = await Promise.all([
      ask(
        'presence',
        topicsOf(({ on }) => on),
      ),
      ask(
        'watch',
        topicsOf(({ watch }) => watch),
      ),
    ])
    return (topic: string, { on, watch }: PresenceWish) => (!on || maySee(topic)) && (!watch || mayWatch(topic))
  }

  async function grant(connection: Connection, topic: string, wish: PresenceWish): Promise<void> {
    const { identity, sid } = connection
    const name = nameOf(identity.tenant, topic)
    const known = seatsOf(connection)
    const seat: Seat = known.get(topic) ?? {
      name,
      wish,
      session: undefined,
      watcher: undefined,
      unwatch() {},
    }
    seat.wish = wish
    known.set(topic, seat)
    const user = seenAs(identity, sid)
    if (wish.on) {
      const { info } = wish
      const member = { sid: sessionOf(identity, sid), user, ...(info !== undefined && { info }) }
      seat.session = await sessions.enter(connection, name, member)
      // It went away meanwhile, and nobody else will say so.
      if (connection.ended) return sessions.drop(connection, seat.session)
    } else {
      seat.session = undefined
      sessions.leave(name, sessionOf(identity, sid))
    }
    if (!wish.watch) {
      seat.unwatch()
      return connection.send(encode({ t: 'p', c: topic, ok: 1, join: [], leave: [], n: 0, you: user }))
    }
    if (seat.watcher) {
      if (wish.at !== undefined) seat.watcher.at = wish.at
      seat.watcher.synced = false
      return watchOf(name).sync(seat.watcher)
    }
    // A poll is not answered before it has the list.
    const release = connection.hold()
    const watcher: Watcher = {
      get isFull() {
        return connection.isFull
      },
      at: wish.at,
      synced: false,
      stand(n, whole) {
        const { on } = seat.wish
        const i = watcher.at!
        connection.send(encode({ t: 'p', c: topic, ok: 1, i, join: [], leave: [], n, ...(on && { you: user }) }))
        if (whole) connection.send(whole)
        release()
      },
      changed: (frame) => connection.send(frame),
    }
    const leave = watchOf(name).add(watcher)
    seat.watcher = watcher
    seat.unwatch = () => {
      seat.watcher = undefined
      leave()
      release()
    }
  }

  async function settle(connection: Connection, wishes: Wishes): Promise<void> {
    const known = seatsOf(connection)
    let room = limits.topics - known.size
    const asked = Object.entries(wishes).filter(([topic, wish]) => {
      if (connection.ended) return false
      if (!wish.on && !wish.watch) {
        vacate(connection, topic)
        connection.send(encode({ t: 'p', c: topic, ok: 1, join: [], leave: [], n: 0 }))
        return false
      }
      const why = fault(topic, wish, known.has(topic) || room > 0)
      if (why) refuse(connection, topic, why)
      else if (!known.has(topic)) room--
      return !why
    })
    if (asked.length === 0) return
    try {
      const isAllowed = await allowed(connection.identity, asked)
      if (connection.ended) return
      const forbidden = new Refusal(CODE.forbidden, 'the presence of the topic is not for this client')
      await Promise.all(
        asked.map(async ([topic, wish]) => {
          if (isAllowed(topic, wish)) await grant(connection, topic, wish)
          else refuse(connection, topic, forbidden)
        }),
      )
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      for (const [topic] of asked) refuse(connection, topic, error)
    }
  }

  /** One after the other, since the newest wish counts. */
  function want(connection: Connection, wishes: Wishes): void {
    const release = connection.hold()
    connection.presences = connection.presences
      .then(() => settle(connection, wishes))
      .catch((error: unknown) => {
        services.log({ level: 'error', message: 'a change of presence failed', error })
        connection.end(CODE.internal, 'the server failed')
      })
      .finally(release)
  }

  return {
    want,
    review: (connection) =>
      want(connection, Object.fromEntries([...seatsOf(connection)].map(([topic, { wish }]) => [topic, wish]))),
    drained(connection) {
      for (const { name, watcher } of seats.get(connection)?.values() ?? []) {
        if (watcher && !watcher.synced) watches.get(name)?.sync(watcher)
      }
    },
    forget(connection) {
      for (const { session, unwatch } of seats.get(connection)?.values() ?? []) {
        unwatch()
        if (session) sessions.drop(connection, session)
      }
      seats.delete(connection)
    },
    diff: (name, diff) => watches.get(name)?.apply(diff),
    suspect(names) {
      sessions.suspect(names)
      for (const [name, watch] of watches) if (names === 'all' || names.includes(name)) void watch.load()
    },
  }
}
