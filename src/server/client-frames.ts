import { CODE } from '../protocol/codes.ts'
import type { ClientFrame, ClientPresenceFrame, PubFrame } from '../protocol/frame.ts'
import { change, renew, subscribe } from './accept.ts'
import type { Connection } from './connection.ts'
import type { ServerCore } from './core.ts'
import { encode } from './encoded.ts'
import type { Identity } from './options.ts'
import { publishFor } from './publish.ts'
import { Refusal } from './refusal.ts'

/** Messages of one connection that may wait to be stored. */
const MAX_OPEN_SENDS = 256
/** For how long more are refused, in milliseconds. */
const FULL_MS = 1_000
/** Least wait before a message is sent again, in milliseconds. */
const LEAST_RETRY_MS = 100
/** How long a message that was refused is waited for when it could be here; its sender may have given it up. */
const AWAIT_MS = 2_000

/** Does what a client's frame asks. `authenticate` is how this client's new token is checked. */
export function handleFrame(
  core: ServerCore,
  connection: Connection,
  frame: ClientFrame,
  authenticate: (token: string) => Promise<Identity>,
): void {
  switch (frame.t) {
    case 'hb':
      if (frame.ts !== undefined) connection.send(encode({ t: 'hb', ts: Date.now(), re: frame.ts }))
      return
    case 'sub':
      return change(core, connection, () => subscribe(core, connection, frame.c))
    case 'unsub':
      return change(core, connection, async () => frame.c.forEach((topic) => connection.unsubscribe(topic)))
    case 'pub':
      return takeSend(core, connection, frame)
    case 'pres':
      return takePresence(core, connection, frame)
    case 'auth':
      return change(core, connection, async () => {
        try {
          await renew(core, connection, await authenticate(frame.token))
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          connection.end(error.code, error.message)
        }
      })
    case 'open':
      connection.end(CODE.badFrame, 'a second open object came on one connection')
  }
}

/** What everybody else who watches is told is bounded as messages are. */
function takePresence(core: ServerCore, connection: Connection, frame: ClientPresenceFrame): void {
  const retry = core.rates.take(`${connection.cid} presence`)
  if (retry > 0) {
    return connection.send(
      encode({ t: 'err', c: frame.c, code: CODE.rateLimited, msg: 'too many changes of presence', retry }),
    )
  }
  core.presence.want(connection, { [frame.c]: frame })
}

/**
 * Stores a connection's messages in the order they came. Where one must be sent again, those behind it are refused until
 * it came: they are on their way already, however late, and would overtake it.
 */
function takeSend(core: ServerCore, connection: Connection, frame: PubFrame): void {
  const refuse = (retry: number) =>
    connection.send(
      encode({ t: 'err', id: frame.id, c: frame.c, code: CODE.rateLimited, msg: 'too many messages', retry }),
    )
  const awaitAgain = (retry: number, wasTaken: boolean) => {
    const retryAt = performance.now() + retry
    connection.awaited = { id: frame.id, retryAt, until: retryAt + AWAIT_MS, wasTaken }
  }
  /** How long it has to wait for one before it; `0`: for none. */
  const behindMs = ({ awaited } = connection) =>
    !awaited || awaited.id === frame.id || performance.now() > awaited.until
      ? 0
      : Math.max(LEAST_RETRY_MS, Math.ceil(awaited.retryAt - performance.now()))
  const behind = behindMs()
  if (behind > 0) return refuse(behind)
  const wait = connection.openSends >= MAX_OPEN_SENDS ? FULL_MS : core.rates.take(connection.cid)
  if (wait > 0) {
    awaitAgain(wait, false)
    return refuse(wait)
  }
  connection.awaited = undefined
  connection.openSends++
  connection.sends = connection.sends.then(async () => {
    // Those that were taken are before one that was not.
    const behind = connection.awaited?.wasTaken ? behindMs() : 0
    const answer = behind > 0 ? undefined : await publishFor(core, connection.identity, frame)
    connection.openSends--
    if (!answer) return refuse(behind)
    if (answer.t === 'err' && answer.retry !== undefined) awaitAgain(answer.retry, true)
    connection.send(encode(answer))
  })
}
