import { isTopic } from '../protocol/limits.ts'
import type { Batch } from './encoded.ts'
import type { Subscription } from './subscription.ts'

// A checkpoint is a cursor as a text that an event stream can carry as `id:`, `1~<topic>=<position>;...` with the
// topics percent-encoded. Browsers send the last one they saw as `Last-Event-ID`.

const MAX_BYTES = 4_096
/** With more than one topic, at most one in this time, in milliseconds. */
const EVERY_MS = 1_000

/** When an event carries a checkpoint, and which. */
export function createCheckpoint(): (
  subscriptions: ReadonlyMap<string, Subscription>,
  batch: Batch,
) => string | undefined {
  let writtenAt = -Infinity
  return (subscriptions, batch) => {
    if (subscriptions.size === 0 || (batch.frames.length === 1 && batch.frames[0]!.text.startsWith('{"t":"open"')))
      return
    if (subscriptions.size > 1) {
      const now = performance.now()
      if (now - writtenAt < EVERY_MS || ![...subscriptions.values()].every(({ isLive }) => isLive)) return
      writtenAt = now
    }
    return writeCheckpoint(subscriptions)
  }
}

function writeCheckpoint(subscriptions: ReadonlyMap<string, Subscription>): string | undefined {
  const parts: string[] = []
  for (const { topic, from } of subscriptions.values())
    if (from !== null) parts.push(`${encodeURIComponent(topic)}=${from}`)
  const text = `1~${parts.join(';')}`
  return parts.length > 0 && text.length <= MAX_BYTES ? text : undefined
}

/** The topics and positions of a checkpoint; nothing where the text is none. */
export function readCheckpoint(text: string): [topic: string, position: string][] {
  if (!text.startsWith('1~') || text.length > MAX_BYTES) return []
  return text
    .slice(2)
    .split(';')
    .flatMap((part): [string, string][] => {
      const [topic, position] = part.split('=', 2)
      const name = decode(topic ?? '')
      return position !== undefined && isTopic(name) ? [[name, position]] : []
    })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone percent sign: no checkpoint of ours.
    return ''
  }
}
