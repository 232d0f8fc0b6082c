import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Bus } from './bus.ts'

export interface WebSocketRooms {
  handleUpgrade(this: void, request: IncomingMessage, socket: Duplex, head: Buffer): void
  readonly clients: ReadonlySet<WebSocket>
  close(this: void): void
}

/** Rooms over WebSocket, as articles about `ws` write them: JSON with a `type`, and a map of rooms. */
export function createWebSocketRooms(bus: Bus): WebSocketRooms {
  const server = new WebSocketServer({ noServer: true })
  const rooms = new Map<string, Set<WebSocket>>()

  const leave = (socket: WebSocket, room: string) => {
    const members = rooms.get(room)
    members?.delete(socket)
    if (members?.size === 0) rooms.delete(room)
  }

  const stopListening = bus.listen(({ id, topic, type, data }) => {
    const fields = typeof data === 'object' && data !== null ? data : { data }
    const text = JSON.stringify({ ...fields, type, room: topic, id })
    for (const socket of rooms.get(topic) ?? []) socket.send(text)
  })

  server.on('connection', (socket) => {
    const clientId = randomUUID()
    const send = (message: object) => socket.send(JSON.stringify(message))
    send({ type: 'connected', clientId })
    socket.on('message', (data: Buffer) => {
      let message: { type?: string; room?: string; text?: string }
      try {
        message = JSON.parse(data.toString('utf8'))
      } catch {
        return send({ type: 'error', message: 'invalid JSON' })
      }
      const { type, room = 'lobby' } = message
      if (type === 'ping') return send({ type: 'pong' })
      if (type === 'join') {
        const members = rooms.get(room) ?? new Set()
        rooms.set(room, members.add(socket))
        return send({ type: 'joined', room })
      }
      if (type === 'leave') {
        leave(socket, room)
        return send({ type: 'left', room })
      }
      if (type === 'message') return bus.publish(room, 'message', { text: message.text, from: clientId })
      send({ type: 'error', message: `unknown type ${type}` })
    })
    socket.on('close', () => {
      for (const room of [...rooms.keys()]) leave(socket, room)
    })
    socket.on('error', () => socket.terminate())
  })

  return {
    handleUpgrade: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request)),
    clients: server.clients,
    close() {
      stopListening()
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}
