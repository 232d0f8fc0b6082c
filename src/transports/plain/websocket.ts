import type { Transport } from '../../client/transport.ts'
import { createScope } from '../../lib/scope.ts'
import type { ClientFrame, ServerFrame } from '../../protocol/frame.ts'
import { clampDelay } from '../../lib/scope.ts'
import { endpointUrl } from './message.ts'
import { hangUp, NO_WEBSOCKET, socketOf, type WebSocketOptions } from '../websocket.ts'
import { type PlainPostOptions, sendOf } from './post.ts'
import type { PlainSession } from './session.ts'

export interface PlainWebSocketOptions {
  readonly url: string
  readonly protocols?: string | string[]
  /** What is said to join a topic. @defaultValue `{ type: 'join', topic, room: topic }` */
  readonly join?: (topic: string) => unknown
  /** What is said to leave a topic. @defaultValue `{ type: 'leave', topic, room: topic }` */
  readonly leave?: (topic: string) => unknown
  /**
   * What is said so that the server answers at once: it proves a WebSocket that has no greeting, and finds a dead one
   * after a sleep. @defaultValue none: a greeting or the first message is the proof, and an open socket is believed
   */
  readonly probe?: unknown
}

/** How long the joins may take after the first message where the server does not answer them, in milliseconds. */
const JOIN_MS = 100

/** The WebSocket of an ordinary server: JSON messages both ways. Proven by the first message. */
export function plainWebSocket(
  session: PlainSession,
  options: WebSocketOptions & PlainPostOptions,
  socketOptions: PlainWebSocketOptions,
): Transport {
  const named = (type: string) => (topic: string) => ({ type, topic, room: topic })
  const { join = named('join'), leave = named('leave'), probe, protocols } = socketOptions
  return {
    name: 'websocket',
    unsupported: () => (socketOf(options) ? undefined : NO_WEBSOCKET),
    open(request) {
      const { events } = request
      const scope = createScope()
      const url = endpointUrl(request, socketOptions.url).href.replace(/^http/, 'ws')
      const socket = new (socketOf(options)!)(url, protocols)
      socket.addEventListener('error', () => {})
      scope.defer(() => hangUp(socket))
      const say = (message: unknown) => socket.readyState === 1 && socket.send(JSON.stringify(message))
      const topics = new Set<string>()
      let proven = false
      let introduced = false
      /** What came before the wire was proven. */
      let early: unknown[] = []

      const introduce = async () => {
        const { subs } = await request.openObject()
        for (const topic of Object.keys(subs)) {
          topics.add(topic)
          say(join(topic))
        }
        if (probe !== undefined) say(probe)
        introduced = true
      }

      function prove(): void {
        if (proven || scope.stopped) return
        proven = true
        events.frames(session.opening([...topics], clampDelay(Infinity) / 2))
        for (const message of early) take(message)
        early = []
      }

      function take(message: unknown): void {
        if (!scope.stopped) session.deliver(events, message, { transport: 'websocket' }, topics)
      }

      function write(frame: ClientFrame): ServerFrame[] {
        if (frame.t === 'sub') {
          const fresh = Object.keys(frame.c)
          for (const topic of fresh.filter((name) => !topics.has(name))) {
            topics.add(topic)
            say(join(topic))
          }
          return session.joined(fresh)
        }
        if (frame.t === 'unsub') {
          for (const topic of frame.c) {
            topics.delete(topic)
            say(leave(topic))
          }
        } else if (frame.t === 'pub') {
          say(options.write(sendOf(frame)))
          return [{ t: 'ack', id: frame.id, i: '' }]
        } else if (frame.t === 'hb' && frame.ts !== undefined) {
          if (probe !== undefined) say(probe)
          // Nothing can be asked of this server, so an open socket is believed.
          else queueMicrotask(() => !scope.stopped && events.alive())
        }
        return []
      }

      scope.listen(socket, 'open', () => {
        events.reached()
        void introduce()
      })
      scope.listen(socket, 'message', ({ data }: { data: unknown }) => {
        events.alive()
        let message: unknown
        try {
          message = JSON.parse(String(data))
        } catch {
          // Not for the application, but it proves the wire.
        }
        if (proven) return take(message)
        early.push(message)
        // A greeting crosses the joins on their way: what it proves must carry the topics before it takes over.
        if (introduced && early.length > 1) prove()
        else scope.after(JOIN_MS, prove)
      })
      scope.listen(socket, 'close', ({ code, reason }: { code: number; reason: string }) => {
        scope.stop()
        events.ended({ code, message: `the WebSocket closed with code ${code}${reason && `: ${reason}`}` })
      })
      return {
        send(frames) {
          if (scope.stopped || socket.readyState !== 1) return
          const answers = frames.flatMap(write)
          // Never from within `send`: whoever calls it has not noted yet that it was called.
          if (answers.length > 0) queueMicrotask(() => !scope.stopped && events.frames(answers))
        },
        close: scope.stop,
      }
    },
  }
}
