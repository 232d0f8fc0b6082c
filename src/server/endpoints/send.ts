import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeSendObject } from '../../protocol/client-codec.ts'
import { encodeBatch } from '../../protocol/codec.ts'
import { CODE } from '../../protocol/codes.ts'
import { EverwireError } from '../../protocol/errors.ts'
import type { AckFrame, ErrFrame, SendObject } from '../../protocol/frame.ts'
import type { ServerCore } from '../core.ts'
import { admit, answer, BATCH_TYPE, readBody } from '../http.ts'
import { publishFor } from '../publish.ts'
import { Refusal } from '../refusal.ts'

/** `POST {base}/send`: stores messages and answers each with `ack` or `err`, in their order. */
export async function serveSend(core: ServerCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page elsewhere can post any other type without asking first (CSRF).
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(CODE.badFrame, 'a send must be application/json', { status: 415 })
  }
  const send = parseSend(await readBody(core, request))
  const identity = await admit(core, request, 'send', send)
  const answers: (AckFrame | ErrFrame)[] = []
  // Where one is to be sent again, those behind it are too, or they would overtake it.
  let retry = 0
  for (const frame of send.f) {
    retry ||= core.rates.take(`${identity.tenant ?? ''}/${identity.user}/${send.sid}`)
    const said: AckFrame | ErrFrame =
      retry > 0
        ? { t: 'err', id: frame.id, c: frame.c, code: CODE.rateLimited, msg: 'too many messages', retry }
        : await publishFor(core, identity, frame)
    if (said.t === 'err') retry ||= said.retry ?? 0
    answers.push(said)
  }
  answer(core, request, response, { type: BATCH_TYPE, body: encodeBatch(answers) })
}

function parseSend(text: string): SendObject {
  try {
    return decodeSendObject(text)
  } catch (error) {
    if (error instanceof EverwireError) throw new Refusal(CODE.badFrame, error.message)
    throw error
  }
}
