import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultClient } from './clients.ts'
import { answerBadGateway, endToEnd, forward } from './forward.ts'
import type { Origin } from './origin.ts'

/** How late a slow path answers a poll, in milliseconds. */
const SLOW_MS = 800

/** What a buffering proxy holds for one stream; above that it cuts, and what it held is lost. */
const HELD_BYTES = 1_048_576

/** Passes a request of a client on, through the faults of its kind. */
export function handleFaulty(
  client: FaultClient,
  origin: Origin,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const kind = req.method === 'OPTIONS' ? '' : path.replace(/\?.*$/s, '').split('/').at(-1)
  if (kind === 'sse') forwardStream(client, origin, path, req, res)
  else if (kind === 'poll') forwardPoll(client, origin, path, req, res)
  else if (kind === 'send' && client.faults.send === 'block') answerBadGateway(req, res)
  else forward(origin, path, req, res, (answer) => relay(answer, res))
}

function writeHead(answer: IncomingMessage, res: ServerResponse): void {
  res.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
}

function relay(answer: IncomingMessage, res: ServerResponse): void {
  writeHead(answer, res)
  answer.pipe(res)
}

function forwardStream(
  client: FaultClient,
  origin: Origin,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  let answer: IncomingMessage | undefined
  let held: Buffer[] = []
  let heldBytes = 0
  let swallowed = false
  let ended = false

  const cut = () => void res.destroy()

  const flush = () => {
    if (!answer || res.destroyed || client.faults.sse === 'withhold') return
    if (!res.headersSent) {
      writeHead(answer, res)
      res.flushHeaders()
    }
    if (client.faults.sse !== 'ok' && !ended) return
    for (const chunk of held) {
      if (!res.write(chunk)) answer.pause()
    }
    held = []
    heldBytes = 0
    if (ended) res.end()
  }

  forward(origin, path, req, res, (arrived) => {
    answer = arrived
    answer.on('data', (chunk: Buffer) => {
      if (client.faults.sse === 'mute') {
        swallowed = true
        return
      }
      held.push(chunk)
      heldBytes += chunk.length
      if (heldBytes > HELD_BYTES) cut()
      else flush()
    })
    answer.on('end', () => {
      ended = true
      flush()
    })
    answer.on('error', cut)
    flush()
  })
  res.on('drain', () => answer?.resume())
  const untrack = client.track({
    cut,
    faultsChanged() {
      // A stream with a hole in it would be a fault that no network has: bytes are late or lost with all that follow.
      if (swallowed ? client.faults.sse !== 'mute' : client.faults.sse === 'withhold' && res.headersSent) cut()
      else flush()
    },
  })
  res.once('close', untrack)
}

function forwardPoll(
  client: FaultClient,
  origin: Origin,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  forward(origin, path, req, res, (answer) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.on('error', () => res.destroy())
    answer.on('end', () => {
      const respond = () => {
        writeHead(answer, res)
        res.end(Buffer.concat(chunks))
      }
      const count = client.countPoll()
      if (client.faults.poll === 'lossy' && count % 3 === 0) res.destroy()
      else if (client.faults.poll === 'slow') timer = setTimeout(respond, SLOW_MS)
      else respond()
    })
  })
  const untrack = client.track({ cut: () => void res.destroy(), faultsChanged() {} })
  res.once('close', () => {
    clearTimeout(timer)
    untrack()
  })
}
