import { createEmitter, type Emitter } from '../lib/emitter.ts'
import { errorsTo } from '../protocol/errors.ts'
import type { EndpointMessage, EndpointOptions } from './endpoint.ts'

/** Handlers by message type. */
export interface MessageHandlers {
  on(this: void, type: string, handler: (message: never) => void): () => void
  /** Gives a message to the handlers of its type, then to those of `*`. */
  deliver(this: void, message: EndpointMessage): void
}

/** @param onError - told what went wrong; see `errorsTo` */
export function createMessageHandlers(onError: EndpointOptions['onError']): MessageHandlers {
  const { threw } = errorsTo(onError)
  // A map, since types come from servers: `__proto__` and `constructor` are names like any other.
  const emitters = new Map<string, Emitter<never>>()
  return {
    on(type, handler) {
      const emitter = emitters.get(type) ?? createEmitter<never>(threw)
      emitters.set(type, emitter)
      return emitter.on(handler)
    },
    deliver(message) {
      if (message.type !== '*') emitters.get(message.type)?.emit(message as never)
      emitters.get('*')?.emit(message as never)
    },
  }
}

/**
 * The usual shapes of messages: `{ type, data, id }` with all of them optional. `data` is the field of that name, or the
 * whole message where it has none (`{ type: 'message', room, text }`).
 */
export function readMessage(value: unknown): EndpointMessage {
  if (value instanceof Uint8Array) return { type: 'binary', data: value, id: undefined }
  const { type, data, id } = (value ?? {}) as { type?: unknown; data?: unknown; id?: unknown }
  return {
    type: typeof type === 'string' ? type : 'message',
    data: data === undefined ? value : data,
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : undefined,
  }
}
