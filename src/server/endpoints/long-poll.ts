import type { IncomingMessage, ServerResponse } from 'node:http'
import { CODE } from '../../protocol/codes.ts'
import { accept } from '../accept.ts'
import type { Connection, Outlet } from '../connection.ts'
import type { ServerCore } from '../core.ts'
import { type Batch, encode } from '../encoded.ts'
import { admit, answer, answerRefusal, BATCH_TYPE, readBody } from '../http.ts'
import { Refusal } from '../refusal.ts'
import { parseOpen } from './sse.ts'

/** How long the first new message waits for company, in milliseconds. */
const GATHER_MS = 5
/** How long before the credentials end a held answer goes out, in milliseconds. */
const EXPIRY_MARGIN_MS = 50

/**
 * `POST {base}/poll` with the open object. The answer is `open`, then for each topic what it missed and `sub`: at once
 * where something was missed or a topic has no position yet, else with the first new message, else after `wait`.
 */
export async function servePoll(core: ServerCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const open = parseOpen(await readBody(core, request))
  const identity = await admit(core, request, 'longpoll', open)
  if (response.destroyed) return
  // Answered before the credentials end: so the client comes with new ones, and not with a refusal.
  const left = (identity.expiresAt ?? Infinity) - Date.now() - EXPIRY_MARGIN_MS
  const wait = Math.max(0, Math.min(open.wait ?? core.limits.pollWaitMs, core.limits.pollMaxWaitMs, left))
  const scope = core.scope.child()
  const texts: string[] = []
  let bytes = 0
  let connection: Connection | undefined
  let isGathering = false
  let isFinishing = false
  let isLate = false
  // Without a position the client must learn where it is before it can wait for what follows.
  let hasNews = Object.values(open.subs).some((from) => from === null || from === '0')

  function finish(): void {
    if (scope.stopped || isFinishing) return
    isFinishing = true
    // What is due in this tick still belongs to the answer.
    connection?.flush(performance.now())
    scope.stop()
    connection?.closed()
    if (!hasNews) texts.push(encode({ t: 'hb', ts: Date.now() }).text)
    answer(core, request, response, { type: BATCH_TYPE, body: texts.join('\n') })
  }

  function expire(): void {
    if (!isLate && !connection?.isCaughtUp && !hasNews) {
      // The history is still being read: who will not wait for messages waits for that.
      isLate = true
      return void scope.after(core.limits.hookMs, expire)
    }
    if (!connection?.isJoined && !hasNews) {
      scope.stop()
      connection?.closed()
      return answerRefusal(
        core,
        request,
        response,
        new Refusal(CODE.overloaded, 'the history is away', { retryMs: 1_000 }),
      )
    }
    finish()
  }

  function check(wasCaughtUp: boolean): void {
    if (!connection || !(hasNews || isLate) || isGathering || !(connection.isCaughtUp || connection.isFull)) return
    isGathering = true
    // A long replay is written in parts: the answer has all of them, and the `sub` that ends it.
    if (!wasCaughtUp || connection.isFull) queueMicrotask(finish)
    else scope.after(GATHER_MS, finish)
  }

  let wasCaughtUp = false
  const outlet: Outlet = {
    transport: 'longpoll',
    binary: false,
    buffered: () => bytes,
    write(batch) {
      texts.push(batch.text)
      bytes += Buffer.byteLength(batch.text)
      hasNews ||= isNews(batch)
      check(wasCaughtUp)
      wasCaughtUp = connection?.isCaughtUp ?? false
    },
    settled: () => check(false),
    end: finish,
    destroy: () => response.destroy(),
  }
  scope.after(wait, expire)
  response.on('close', () => {
    scope.stop()
    connection?.closed()
  })
  connection = accept(core, outlet, open, identity)
  if (response.destroyed) connection.closed()
}

/** Something that a client that is up to date does not know yet. */
const isNews = ({ frames }: Batch): boolean =>
  frames.some(({ text }) => !/^\{"t":("(open|sub|hb)"|"p","c":"[^"]+","ok":1)/.test(text))
