import type { Transport } from '../client/transport.ts'
import { createScope } from '../lib/scope.ts'
import { decodeServerBatch } from '../protocol/codec.ts'
import { LIMITS } from '../protocol/limits.ts'
import { fetchOf, type HttpOptions, httpUnsupported, postInit } from './http-options.ts'
import { postFrames } from './http-send.ts'
import { endOfError, endOfRefusal } from './wire-end.ts'

export interface LongPollOptions extends HttpOptions {
  /** How long the server may hold an empty answer, in milliseconds; below the patience of proxies. @defaultValue 25000 */
  readonly waitMs?: number | undefined
}

/** How many requests in a row may fail before a proven poll is over, and the pause after the first of them. */
const MOST_FAILURES = 3
const FAILED_MS = 50

/** Pause after an answer that came early and brought nothing new, in milliseconds: somebody in between answers. */
const EARLY_MS = 500

/** HTTP long polling: passes whatever lets a POST through; one request at a time. */
export function longPoll(options: LongPollOptions = {}): Transport {
  return {
    name: 'longpoll',
    unsupported: () => httpUnsupported(options),
    open(request) {
      const { url, openObject, events } = request
      const scope = createScope()
      /** The first answer is asked for at once: it is the proof. */
      let wait = 0
      let proven = false

      async function poll() {
        const asked = performance.now()
        const body = JSON.stringify({ ...(await openObject()), wait })
        const response = await fetchOf(options)(`${url}/poll`, await postInit(options, body, scope.signal))
        if (!response.ok) return endOfRefusal(response, `expected status 200 from ${url}/poll, got ${response.status}`)
        if (!proven) events.reached()
        const frames = decodeServerBatch(await response.text())
        if (scope.stopped) return undefined
        events.alive()
        events.frames(frames)
        proven = true
        const early = performance.now() - asked < Math.min(EARLY_MS, wait / 2) && !frames.some(({ t }) => t === 'm')
        // An answer in each of the server's heartbeats: a longer silence would be taken for the end of the wire.
        const hb = frames.find((frame) => frame.t === 'open')?.hb ?? Infinity
        wait = Math.min(options.waitMs ?? LIMITS.pollWaitMs, hb)
        if (early) await new Promise<void>((resolve) => scope.after(EARLY_MS, resolve))
        return undefined
      }

      async function run() {
        let failures = 0
        while (!scope.stopped) {
          const end = await poll().catch(endOfError)
          if (!end || scope.stopped) {
            failures = 0
            continue
          }
          // An answer lost on the way is asked for again with the same cursor; what the server itself says is obeyed.
          if (proven && end.code === undefined && ++failures < MOST_FAILURES) {
            await new Promise<void>((resolve) => scope.after(FAILED_MS * failures, resolve))
            continue
          }
          scope.stop()
          events.ended(end)
        }
      }

      void run()
      return { post: (frames, signal) => postFrames(request, options, frames, signal), close: scope.stop }
    },
  }
}
