import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface AdHocServer {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  /** Answers that are not over. Connections say less: `fetch` keeps some for later. */
  readonly unfinished: number
  [Symbol.asyncDispose](): Promise<void>
}

/** A server for one test: its listener gets every request with its number, from 0. */
export async function startAdHocServer(
  listener: (request: IncomingMessage, response: ServerResponse, number: number) => void | Promise<void>,
  onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<AdHocServer> {
  const requests: IncomingMessage[] = []
  let unfinished = 0
  const handle: RequestListener = (request, response) => {
    unfinished++
    response.on('close', () => unfinished--)
    void listener(request, response, requests.push(request) - 1)
  }
  const server = createServer(handle)
  if (onUpgrade) server.on('upgrade', onUpgrade)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get unfinished() {
      return unfinished
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}
