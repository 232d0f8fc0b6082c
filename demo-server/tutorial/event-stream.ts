import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bus, BusMessage } from './bus.ts'

export interface EventStream {
  handle(this: void, request: IncomingMessage, response: ServerResponse): void
  close(this: void): void
}

/** Server-Sent Events as articles about `node:http` write them: named events, ids, heartbeats, a replayed history. */
export function createEventStream(bus: Bus, heartbeatMs: number): EventStream {
  const responses = new Set<ServerResponse>()
  const write = (response: ServerResponse, { id, type, data }: BusMessage) => {
    // An unnamed event is one of type `message`.
    const name = type === 'message' ? '' : `event: ${type}\n`
    response.write(`${name}id: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  const stopListening = bus.listen((message) => {
    for (const response of responses) write(response, message)
  })
  const heartbeat = setInterval(() => {
    for (const response of responses) response.write(': heartbeat\n\n')
  }, heartbeatMs)

  return {
    handle(request, response) {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        Connection: 'keep-alive',
        'X-Accel-Buffering': 'no',
      })
      response.write('retry: 3000\n\n')
      const lastEventId = request.headers['last-event-id']
      if (lastEventId !== undefined) for (const message of bus.since(Number(lastEventId))) write(response, message)
      responses.add(response)
      request.on('close', () => responses.delete(response))
    },
    close() {
      stopListening()
      clearInterval(heartbeat)
      for (const response of responses) response.end()
      responses.clear()
    },
  }
}
