import { EverwireError } from './errors.ts'

/** Base64 (RFC 4648 §4) of bytes, in slices so that large data does not overflow the call stack. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

export function fromBase64(text: string): Uint8Array {
  let binary: string
  try {
    binary = atob(text)
  } catch (cause) {
    throw new EverwireError('bad-frame', `binary data must be base64, got ${JSON.stringify(text.slice(0, 40))}`, {
      cause,
    })
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/**
 * A binary WebSocket message: the frame without its data as one line of JSON, a line feed, then the raw bytes.
 * Only used between sides that both named the capability `bin`.
 */
export function encodeBinaryMessage(header: string, data: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${header}\n`)
  const message = new Uint8Array(head.length + data.length)
  message.set(head)
  message.set(data, head.length)
  return message
}

/** Takes a binary WebSocket message apart. Throws `bad-frame` where there is no header line. */
export function decodeBinaryMessage(message: Uint8Array): { header: string; data: Uint8Array } {
  const end = message.indexOf(10)
  if (end < 0) throw new EverwireError('bad-frame', 'a binary message must start with a header line of JSON, got none')
  return { header: new TextDecoder().decode(message.subarray(0, end)), data: message.slice(end + 1) }
}
