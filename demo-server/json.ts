import type { IncomingMessage, ServerResponse } from 'node:http'

/** The path of a request without its query. */
export const pathOf = (req: IncomingMessage): string => (req.url ?? '/').replace(/\?.*$/s, '')

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const body = JSON.stringify(value)
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  })
  res.end(body)
}

/** A request that cannot be answered; its message is for whoever sent it. */
class RequestError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const MAX_BYTES = 16_384

/** Reads a JSON body. Throws a `RequestError` for anything else; other sites cannot send this type without asking. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const type = req.headers['content-type'] ?? 'none'
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new RequestError(415, `content-type must be application/json, got ${type}`)
  }
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_BYTES) throw new RequestError(413, `the body must be at most ${MAX_BYTES} characters`)
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new RequestError(400, `the body must be JSON, got ${JSON.stringify(text.slice(0, 80))}`)
  }
}

/** Runs an endpoint and turns what it throws into an answer: `TypeError` says what the request got wrong. */
export function answer(res: ServerResponse, run: () => Promise<void>): void {
  run().catch((error: unknown) => {
    if (res.headersSent) return void res.destroy()
    const status = error instanceof RequestError ? error.status : error instanceof TypeError ? 400 : 500
    sendJson(res, status, { error: error instanceof Error ? error.message : String(error) })
  })
}
