import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Store } from '../../../src/lib/store.ts'
import { type Exchange, passedOn } from './exchange.ts'
import type { FaultSettings } from './settings.ts'

/** Passes the origin's answer on; of an event stream only what the settings let through at the moment. */
export function relayAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  { kind, scope }: Exchange,
  settings: Store<FaultSettings>,
): void {
  const held: Buffer[] = []
  let over = false
  let stopTimer = () => {}

  function flush() {
    const mode = kind === 'sse' && !over ? settings.get().sse : 'ok'
    if (mode === 'withheld') return
    if (!response.headersSent) {
      response.sendDate = false
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer.rawHeaders))
      response.flushHeaders()
    }
    if (mode === 'buffered') return
    for (const bytes of held.splice(0)) if (!response.write(bytes)) answer.pause()
    if (over) response.end()
  }
  function watch() {
    stopTimer()
    const { requestTimeoutMs } = settings.get()
    if (requestTimeoutMs !== null) stopTimer = scope.after(requestTimeoutMs, () => response.destroy())
  }

  answer.on('data', (bytes: Buffer) => {
    held.push(bytes)
    watch()
    flush()
  })
  answer.once('end', () => {
    over = true
    flush()
  })
  // The origin broke off in the middle: so does the proxy, since an orderly end would look like a whole answer.
  answer.on('error', () => response.destroy())
  response.on('drain', () => answer.resume())
  scope.defer(settings.subscribe(flush))
  watch()
  flush()
}
