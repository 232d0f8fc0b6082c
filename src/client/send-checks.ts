import { assertTopic, LIMITS } from '../protocol/limits.ts'

/** Throws a `TypeError` for what no server takes: it ends the connection of a client that says what no client may say. */
export function assertSend(topic: string, type: unknown, key: string): void {
  assertTopic(topic)
  assertType(type)
  assertKey(key)
}

function assertType(type: unknown): void {
  if (typeof type === 'string' && type !== '' && type.length <= LIMITS.nameChars && !/\p{Cc}/u.test(type)) return
  throw new TypeError(`a message's type must be 1 to 64 characters without control characters, got ${quote(type)}`)
}

function assertKey(key: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(key))
    throw new TypeError(`a key must be 1 to 64 printable ASCII characters, got ${quote(key)}`)
}

/** Bytes of a message's data, as the server counts them. */
export const sizeOf = (data: unknown): number =>
  data instanceof Uint8Array ? data.length : new TextEncoder().encode(JSON.stringify(data) ?? '').length

const quote = (text: unknown) => JSON.stringify(text)?.slice(0, 80)
