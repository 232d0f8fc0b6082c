import { CODE } from '../protocol/codes.ts'
import type { ClientFrame, PubFrame } from '../protocol/frame.ts'
import { change, renew, subscribe } from './accept.ts'
import type { Connection } from './connection.ts'
import type { ServerCore } from './core.ts'
import { encode } from './encoded.ts'
import type { Identity } from './options.ts'
import { publishFor } from './publish.ts'
import { Refusal } from './refusal.ts'

/** Messages of one connection that may wait to be stored. */
const MAX_OPEN_SENDS = 256

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
      connection.send(encode({ t: 'err', c: frame.c, code: CODE.forbidden, msg: 'the topic has no presence' }))
      return
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

/** Stores a connection's messages in the order they came. */
function takeSend(core: ServerCore, connection: Connection, frame: PubFrame): void {
  const refuse = (retry: number) =>
    connection.send(
      encode({ t: 'err', id: frame.id, c: frame.c, code: CODE.rateLimited, msg: 'too many messages', retry }),
    )
  const wait = core.rates.take(connection.cid)
  if (wait > 0) return refuse(wait)
  if (connection.openSends >= MAX_OPEN_SENDS) return refuse(1_000)
  connection.openSends++
  connection.sends = connection.sends.then(async () => {
    const answer = await publishFor(core, connection.identity, frame)
    connection.openSends--
    connection.send(encode(answer))
  })
}
