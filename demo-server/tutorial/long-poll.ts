import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bus } from './bus.ts'

export interface LongPoll {
  poll(this: void, response: ServerResponse, url: URL): void
  send(this: void, request: IncomingMessage, response: ServerResponse): void
  /** How many requests are held now. */
  readonly held: number
  close(this: void): void
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}

/** Long polling as articles write it: answer at once if something is new, else hold the response until it is. */
export function createLongPoll(bus: Bus, holdMs: number): LongPoll {
  const held = new Map<ServerResponse, { topic: string; lastId: number; timer: NodeJS.Timeout }>()
  const release = (response: ServerResponse) => {
    clearTimeout(held.get(response)?.timer)
    held.delete(response)
  }
  const stopListening = bus.listen((message) => {
    const { id, type, data, topic } = message
    for (const [response, waiting] of [...held]) {
      if (waiting.topic !== topic) continue
      release(response)
      json(response, 200, { messages: [{ id, type, data }], lastId: id })
    }
  })

  return {
    poll(response, url) {
      const topic = url.searchParams.get('topic') ?? 'lobby'
      const lastId = Number(url.searchParams.get('lastId') ?? 0)
      const messages = bus.since(lastId, topic).map(({ id, type, data }) => ({ id, type, data }))
      if (messages.length > 0) return json(response, 200, { messages, lastId: messages.at(-1)!.id })
      const timer = setTimeout(() => {
        release(response)
        json(response, 200, { messages: [], lastId })
      }, holdMs)
      held.set(response, { topic, lastId, timer })
      response.on('close', () => release(response))
    },
    send(request, response) {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      request.on('end', () => {
        try {
          const { topic, type, data } = JSON.parse(body) as { topic: string; type: string; data: unknown }
          json(response, 200, { id: bus.publish(topic, type, data).id })
        } catch {
          json(response, 400, { error: 'invalid JSON' })
        }
      })
    },
    get held() {
      return held.size
    },
    close() {
      stopListening()
      for (const [response, { lastId }] of [...held]) {
        release(response)
        json(response, 200, { messages: [], lastId })
      }
    },
  }
}
