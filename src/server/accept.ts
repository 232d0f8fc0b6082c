import { CODE } from '../protocol/codes.ts'
import { VERSION, type OpenObject } from '../protocol/frame.ts'
import type { From } from '../protocol/position.ts'
import { Connection, type Outlet } from './connection.ts'
import type { ServerCore } from './core.ts'
import { encode } from './encoded.ts'
import { nameOf } from './name.ts'
import type { Identity } from './options.ts'
import { Refusal } from './refusal.ts'

/** Gives a client its seat: says `open`, and lets it join the topics it may hear. */
export function accept(core: ServerCore, outlet: Outlet, open: OpenObject, identity: Identity): Connection {
  const connection = new Connection(core, outlet, open, identity)
  core.connections.add(connection)
  const { inBytes, dataBytes, topics, keyMs } = core.limits
  connection.send(
    encode({
      t: 'open',
      v: VERSION,
      cid: connection.cid,
      hb: core.heartbeatMs,
      retry: core.retryWindow(),
      lim: { in: inBytes, data: dataBytes, topics, key: keyMs },
      caps: outlet.binary ? ['bin'] : [],
      ...expiryOf(identity),
    }),
  )
  // At once, ahead of the tick: it is the proof that the client waits for.
  connection.flush(performance.now())
  // Before it is known which topics there are, an answer without them is none.
  const release = connection.hold()
  change(core, connection, () => subscribe(core, connection, open.subs).finally(release))
  if (open.pres) core.presence.want(connection, open.pres)
  return connection
}

/** How long the credentials last, as frames say it: a duration, since clocks differ. */
const expiryOf = ({ expiresAt }: Identity): { exp?: number } =>
  expiresAt === undefined ? {} : { exp: Math.max(0, Math.round(expiresAt - Date.now())) }

/** Runs changes of a connection's topics one after the other. */
export function change(core: ServerCore, connection: Connection, work: () => Promise<void>): void {
  connection.changes = connection.changes.then(work).catch((error: unknown) => {
    core.log({ level: 'error', message: 'a change of subscriptions failed', error })
    connection.end(CODE.internal, 'the server failed')
  })
}

/** Subscribes to what the client may hear; what it may not, and what is too much, is answered `unsub`. */
export async function subscribe(
  core: ServerCore,
  connection: Connection,
  subs: Readonly<Record<string, From>>,
): Promise<void> {
  const refuse = (c: string, code: number) => {
    connection.unsubscribe(c)
    connection.send(encode({ t: 'unsub', c, code }))
  }
  const wanted: [string, From][] = []
  let room = core.limits.topics - connection.subscriptions.size
  for (const [topic, from] of Object.entries(subs)) {
    if (connection.subscriptions.has(topic) || room-- > 0) wanted.push([topic, from])
    else refuse(topic, CODE.tooBig)
  }
  if (wanted.length === 0) return
  const { identity } = connection
  try {
    const isAllowed = await core.hooks.authorize({
      identity,
      action: 'subscribe',
      topics: wanted.map(([topic]) => topic),
    })
    for (const [topic, from] of wanted) {
      if (isAllowed(topic)) connection.subscribe(topic, nameOf(identity.tenant, topic), from)
      else refuse(topic, CODE.forbidden)
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    for (const [topic] of wanted) refuse(topic, error.code)
  }
  connection.joinWaiting()
}

/** Takes a renewed token: the same user goes on with what it still may hear. */
export async function renew(core: ServerCore, connection: Connection, identity: Identity): Promise<void> {
  if (identity.user !== connection.identity.user || identity.tenant !== connection.identity.tenant) {
    return connection.end(CODE.unauthenticated, 'the new token is of another user')
  }
  connection.identity = identity
  connection.send(encode({ t: 'auth', ...expiryOf(identity) }))
  core.presence.review(connection)
  const topics = [...connection.subscriptions.keys()]
  if (topics.length === 0) return
  const isAllowed = await core.hooks.authorize({ identity, action: 'subscribe', topics })
  for (const topic of topics) {
    if (isAllowed(topic)) continue
    connection.unsubscribe(topic)
    connection.send(encode({ t: 'unsub', c: topic, code: CODE.forbidden }))
  }
}
