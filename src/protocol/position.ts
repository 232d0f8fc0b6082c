/**
 * The place of one message in its topic, `epoch.offset-tag`, which is also its id.
 * - `epoch` names the life of the topic's history (1 to 24 base64url characters);
 * - `offset` rises with each message (decimal, at most 2^53 - 1; `0` is before the first message);
 * - `tag` is drawn at publish (up to 12 base64url characters) and tells a fork after a failover apart.
 *
 * Applications treat it as opaque.
 */
export type Position = string

/**
 * Where a subscription starts: a position resumes after it, `"0"` starts at the oldest message kept, `null` is from
 * now on.
 */
export type From = Position | '0' | null

export interface PositionParts {
  readonly epoch: string
  readonly offset: number
  readonly tag: string
}

const POSITION = /^([\w-]{1,24})\.(\d{1,16})-([\w-]{0,12})$/

/** The parts of a position, or `undefined` where the text is none. */
export function parsePosition(text: string): PositionParts | undefined {
  const match = POSITION.exec(text)
  if (!match) return undefined
  const offset = Number(match[2])
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset, tag: match[3]! } : undefined
}

export const formatPosition = ({ epoch, offset, tag }: PositionParts): Position => `${epoch}.${offset}-${tag}`

/** Whether a text from the wire can start a subscription. */
export const isFrom = (from: unknown): from is From =>
  from === null || from === '0' || (typeof from === 'string' && parsePosition(from) !== undefined)
