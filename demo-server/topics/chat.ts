/** What a visitor says in a room. */
export interface ChatMessage {
  readonly name: string
  readonly text: string
}

const MAX_NAME = 40
const MAX_TEXT = 2000

function readText(value: unknown, what: string, max: number): string {
  if (typeof value !== 'string')
    throw new TypeError(`${what} must be text, got ${value === null ? 'null' : typeof value}`)
  const text = value.trim()
  if (text === '' || text.length > max)
    throw new TypeError(`${what} must be 1 to ${max} characters, got ${text.length}`)
  return text
}

/**
 * Checks what came for a room; spaces around are dropped, unknown fields too.
 * @throws TypeError that says what was expected and what came
 */
export function readChatMessage(data: unknown): ChatMessage {
  if (typeof data !== 'object' || data === null) {
    throw new TypeError('a chat message must be an object {name, text}')
  }
  const { name, text } = data as { name?: unknown; text?: unknown }
  return { name: readText(name, 'the name', MAX_NAME), text: readText(text, 'the text', MAX_TEXT) }
}
