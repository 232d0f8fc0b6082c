import { EverwireError } from './errors.ts'

/** One event as the HTML standard dispatches it. */
export interface DecodedEvent {
  /** The event's name; `message` where the stream gave none. */
  readonly event: string
  readonly data: string
  /** The stream's last event id at the time of the event; empty: none. */
  readonly lastEventId: string
}

export interface EventDecoderOptions {
  /** Called for each event, in order, as soon as the byte that completes it has arrived. */
  readonly onEvent: (event: DecodedEvent) => void
  /** Called with the text after the colon of each comment line, unstripped. */
  readonly onComment?: (comment: string) => void
  /** Called with the reconnection time, in milliseconds. */
  readonly onRetry?: (ms: number) => void
  /** The id from before this stream, which events without an id carry. @defaultValue '' */
  readonly lastEventId?: string
  /** Most characters of an unfinished event; above it `push` throws. @defaultValue 16 Mi */
  readonly maxChars?: number
}

export interface EventDecoder {
  /** Takes the next bytes of the stream. @throws EverwireError `bad-frame` where an event outgrows `maxChars` */
  push(bytes: Uint8Array): void
  /** The id to resume from: that of the last finished event block. */
  readonly lastEventId: string
}

const LF = 10
const CR = 13

/**
 * Decodes `text/event-stream` (HTML standard §9.2.6) incrementally; any split of the bytes gives the same events.
 * What is not finished by a blank line when the stream ends is dropped, and so is its id.
 */
export function createEventDecoder({
  onEvent,
  onComment,
  onRetry,
  lastEventId = '',
  maxChars = 2 ** 24,
}: EventDecoderOptions): EventDecoder {
  // Strips one leading BOM and replaces what is not UTF-8, both as the standard asks.
  const text = new TextDecoder()
  let rest = ''
  let skipLf = false
  let data: string | undefined
  let event = ''
  let id = lastEventId
  let dispatchedId = lastEventId

  function takeField(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return onComment?.(line.slice(1))
    const name = colon < 0 ? line : line.slice(0, colon)
    // "If value starts with a U+0020 SPACE character, remove it": one space, no more.
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`
    else if (name === 'event') event = value
    else if (name === 'id') {
      if (!value.includes('\0')) id = value
    } else if (name === 'retry' && /^\d+$/.test(value)) onRetry?.(Number(value))
  }

  function takeLine(line: string): void {
    if (line !== '') return takeField(line)
    dispatchedId = id
    const finished = data
    const name = event
    data = undefined
    event = ''
    // A block without data names no event, but its id counts.
    if (finished !== undefined) onEvent({ event: name || 'message', data: finished, lastEventId: id })
  }

  function takeText(chunk: string): void {
    let start = 0
    if (skipLf && chunk !== '') {
      // The CR before it ended the line at once, so that nobody waits for this half of a CRLF.
      skipLf = false
      if (chunk.charCodeAt(0) === LF) start = 1
    }
    let nextLf = chunk.indexOf('\n', start)
    let nextCr = chunk.indexOf('\r', start)
    while (nextLf >= 0 || nextCr >= 0) {
      const end = nextCr < 0 || (nextLf >= 0 && nextLf < nextCr) ? nextLf : nextCr
      const line = rest === '' ? chunk.slice(start, end) : rest + chunk.slice(start, end)
      rest = ''
      start = end + 1
      if (chunk.charCodeAt(end) === CR) {
        if (start === chunk.length) skipLf = true
        else if (chunk.charCodeAt(start) === LF) start++
      }
      takeLine(line)
      if (nextLf >= 0 && nextLf < start) nextLf = chunk.indexOf('\n', start)
      if (nextCr >= 0 && nextCr < start) nextCr = chunk.indexOf('\r', start)
    }
    rest += chunk.slice(start)
    const waiting = rest.length + (data?.length ?? 0)
    if (waiting > maxChars) {
      throw new EverwireError('bad-frame', `an event may have ${maxChars} characters, got ${waiting} and no end`, {
        retryable: true,
      })
    }
  }

  return {
    push: (bytes) => takeText(text.decode(bytes, { stream: true })),
    get lastEventId() {
      return dispatchedId
    },
  }
}
