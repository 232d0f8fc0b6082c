/** One event to be written on an event stream. */
export interface ServerSentEvent {
  /** The event's name; absent: `message`. */
  readonly event?: string
  readonly data: string
  /** The id a client sends back as `Last-Event-ID`; ASCII, since clients must put it into a header. */
  readonly id?: string
}

function assertField(name: string, value: string): string {
  // CR, LF and NUL would end the field or the id: what follows could write fields of its own.

  if (/[\r\n\0]/.test(value))
    throw new TypeError(`${name} must not hold a line break or NUL, got ${JSON.stringify(value)}`)
  return value
}

/**
 * Encodes one event (HTML standard §9.2.5): every line of the data becomes a `data:` line, whatever line ends it had.
 * @throws TypeError where the event's name or id holds a line break or NUL
 */
export function encodeEvent({ event, data, id }: ServerSentEvent): string {
  let text = ''
  if (event !== undefined) text += `event: ${assertField('an event name', event)}\n`
  if (id !== undefined) text += `id: ${assertField('an event id', id)}\n`
  for (const line of data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`
  return `${text}\n`
}

/** Encodes a comment, which clients skip; every line of it becomes a comment line. */
export const encodeComment = (comment: string): string =>
  `${comment
    .split(/\r\n|\r|\n/)
    .map((line) => `: ${line}`)
    .join('\n')}\n\n`

/** Encodes the reconnection time, in whole milliseconds. */
export function encodeRetry(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0)
    throw new TypeError(`retry must be a whole number of milliseconds, got ${ms}`)
  return `retry: ${ms}\n\n`
}
