import type {
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http'
import type { Origin } from './origin.ts'

// Headers that belong to one connection and are not passed on (RFC 9110 §7.6.1).
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** The headers that a proxy passes on; those that HTTP/2 writes with a colon have been understood already. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const passed = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !name.startsWith(':'))
  return Object.fromEntries(passed)
}

/** The headers of a request as the origin is to see it. */
export const requestHeaders = (req: IncomingMessage): OutgoingHttpHeaders => ({
  ...endToEnd(req.headers),
  host: req.headers.host ?? req.headers[':authority']?.toString() ?? 'localhost',
})

/** Answers as a proxy does that cannot reach what is behind it. */
export function answerBadGateway(req: IncomingMessage, res: ServerResponse): void {
  req.resume()
  const body = '<html><body><h1>502 Bad Gateway</h1></body></html>'
  res.writeHead(502, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) })
  res.end(body)
}

/** Sends a request on to the origin. `onAnswer` decides what becomes of the answer. */
export function forward(
  origin: Origin,
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
  onAnswer: (answer: IncomingMessage) => void,
): ClientRequest {
  const upstream = origin.request({ method: req.method ?? 'GET', path, headers: requestHeaders(req) })
  upstream.on('response', onAnswer)
  upstream.on('error', () => {
    if (res.headersSent || res.destroyed) res.destroy()
    else answerBadGateway(req, res)
  })
  // Also when the answer was complete: then destroying does nothing any more.
  res.once('close', () => upstream.destroy())
  req.pipe(upstream)
  return upstream
}
