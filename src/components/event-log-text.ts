import type { LogEntry } from '../client/event-log.ts'
import { CONNECTION_LABELS, REASON_LABELS } from './connection-labels.ts'

/** What stands in one line of a log. */
export interface LogLine {
  /** The kind of entry, or a message's type. */
  readonly what: string
  /** The topic or the transport. */
  readonly where: string
  readonly text: string
}

const MAX_TEXT = 500

/** JSON of any data; what cannot be written as JSON, such as bytes, is named. */
function briefly(data: unknown): string {
  if (data instanceof Uint8Array) return `${data.byteLength} bytes`
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch {
    // Something that refers to itself: its kind is all there is to say.
  }
  text ??= String(data)
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}

/** An entry as a line, in English. */
export function describeLogEntry(entry: LogEntry): LogLine {
  switch (entry.kind) {
    case 'message':
      return { what: entry.message.type, where: entry.topic, text: briefly(entry.message.data) }
    case 'reset':
      return { what: 'reset', where: entry.topic, text: `messages are missing: ${entry.reset.why}` }
    case 'topic':
      return { what: 'topic', where: entry.topic, text: entry.status }
    case 'connection': {
      const { status, transport, error } = entry.connection
      return { what: 'connection', where: transport ?? '', text: error?.message ?? CONNECTION_LABELS[status] }
    }
    case 'verdict': {
      const { transport, reason, detail } = entry.verdict
      return { what: 'verdict', where: transport, text: `${REASON_LABELS[reason]}: ${detail}` }
    }
  }
}

/** Entries as JSON for people; errors with their message, bytes as numbers. */
export const logAsJson = (entries: readonly LogEntry[]): string =>
  JSON.stringify(
    entries,
    (_, value: unknown) => {
      if (value instanceof Error) return { name: value.name, message: value.message }
      if (value instanceof Uint8Array) return [...value]
      return typeof value === 'bigint' ? String(value) : value
    },
    2,
  )
