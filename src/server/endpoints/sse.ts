import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeOpenObject } from '../../protocol/client-codec.ts'
import { CODE } from '../../protocol/codes.ts'
import { EverwireError } from '../../protocol/errors.ts'
import type { OpenObject } from '../../protocol/frame.ts'
import { type From, isFrom } from '../../protocol/position.ts'
import { encodeComment, encodeRetry } from '../../protocol/sse-encode.ts'
import { accept } from '../accept.ts'
import type { Connection, Outlet } from '../connection.ts'
import type { ServerCore } from '../core.ts'
import { admit, answerHeaders, readBody } from '../http.ts'
import { Refusal } from '../refusal.ts'
import { createCheckpoint, readCheckpoint } from '../checkpoint.ts'

const MAX_PADDING = 16_384

/** `POST {base}/sse` with the open object, or `GET {base}/sse?o=` with it as base64url. */
export async function serveEventStream(
  core: ServerCore,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const open = withCheckpoint(await readOpen(core, request), request.headers['last-event-id'])
  const identity = await admit(core, request, 'sse', open)
  if (response.destroyed) return
  response.writeHead(200, {
    ...answerHeaders(core, request),
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  request.socket.setNoDelay?.(true)
  const [least, most] = core.retryWindow()
  // Browsers wait exactly as long as they are told, all of them: so each is told something else.
  let head = encodeRetry(Math.round(least + 500 + Math.random() * Math.max(1_000, most - least)))
  const pad = Math.min(open.pad ?? 0, MAX_PADDING)
  if (pad > 0) head += encodeComment(' '.repeat(pad))
  response.write(head)
  const { outlet, attach } = createOutlet(response)
  const connection = accept(core, outlet, open, identity)
  attach(connection)
}

async function readOpen(core: ServerCore, request: IncomingMessage): Promise<OpenObject> {
  if (request.method !== 'GET') return parseOpen(await readBody(core, request))
  const encoded = new URL(request.url ?? '', 'http://host').searchParams.get('o')
  if (encoded === null) throw new Refusal(CODE.badFrame, 'an event stream needs the open object as "o" in its URL')
  return parseOpen(Buffer.from(encoded, 'base64url').toString('utf8'))
}

export function parseOpen(text: string): OpenObject {
  try {
    return decodeOpenObject(text)
  } catch (error) {
    if (error instanceof EverwireError) throw new Refusal(CODE.badFrame, error.message)
    throw error
  }
}

/** What a native EventSource heard last says more than the URL it was made with. */
function withCheckpoint(open: OpenObject, lastEventId: string | string[] | undefined): OpenObject {
  if (typeof lastEventId !== 'string') return open
  const subs: Record<string, From> = { ...open.subs }
  for (const [topic, position] of readCheckpoint(lastEventId)) {
    if (Object.hasOwn(subs, topic) && isFrom(position)) subs[topic] = position
  }
  return { ...open, subs }
}

function createOutlet(response: ServerResponse): { outlet: Outlet; attach: (connection: Connection) => void } {
  const checkpoint = createCheckpoint()
  let connection: Connection | undefined
  return {
    outlet: {
      transport: 'sse',
      binary: false,
      buffered: () => response.writableLength,
      write: (batch) => void response.write(batch.event(connection && checkpoint(connection.subscriptions, batch))),
      end: () => response.end(),
      destroy: () => response.destroy(),
    },
    attach(accepted) {
      connection = accepted
      response.on('drain', () => accepted.drained())
      response.on('close', () => accepted.closed())
      response.on('error', () => accepted.closed())
      if (response.destroyed) accepted.closed()
    },
  }
}
