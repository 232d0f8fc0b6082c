import type { ResetReason } from '../protocol/frame.ts'
import { type From, parsePosition, type Position } from '../protocol/position.ts'
import type { Backplane, Since } from './backplane/contract.ts'
import { encodeEntry, type Entry } from './encoded.ts'
import type { ServerLimits } from './limits.ts'
import { Stretch } from './stretch.ts'

type ReplayLimits = Pick<ServerLimits, 'replayMessages' | 'replayBytes' | 'bufferBytes'>

/** What came after a position, or why it cannot be told. `cut`: there is more than one replay may hold. */
export type Read =
  | { readonly stretch: Stretch; readonly top: Position; readonly cut?: true }
  | { readonly why: ResetReason; readonly top: Position }

/** A backplane's history as feeds read it. */
export interface History {
  readonly limits: ReplayLimits
  /** One page of what came after a position. */
  page(name: string, from: Position): Promise<Since>
  /** What came after a position, as much as one replay holds; from `"0"` on, the newest of that. */
  read(name: string, topic: string, from: Exclude<From, null>): Promise<Read>
}

export function createHistory(backplane: Backplane, limits: ReplayLimits): History {
  const pageSize = limits.replayMessages
  return {
    limits,
    page: (name, from) => backplane.since(name, from, pageSize),
    async read(name, topic, from) {
      const entries: Entry[] = []
      const floor = from === '0' ? undefined : parsePosition(from)
      for (let next: Exclude<From, null> = from; ;) {
        const since = await backplane.since(name, next, pageSize)
        // Trimmed while it was paged through: what is left is still the newest.
        if (since.status === 'reset' && from === '0' && next !== '0')
          return { stretch: new Stretch(floor, []), top: since.top }
        if (since.status === 'reset') return { why: since.why, top: since.top }
        for (const message of since.messages) {
          const entry = encodeEntry(topic, message)
          if (entry) entries.push(entry)
        }
        const last = since.messages.at(-1)?.pos
        if (since.status === 'ok' || last === undefined)
          return { stretch: new Stretch(floor, entries), top: last ?? since.top }
        if (from !== '0') return { stretch: new Stretch(floor, entries), top: since.top, cut: true }
        if (entries.length > pageSize) entries.splice(0, entries.length - pageSize)
        next = last
      }
    },
  }
}

/** Whether one replay may hold these. */
export function fits(entries: readonly Entry[], { replayMessages, replayBytes }: ReplayLimits): boolean {
  return entries.length <= replayMessages && sumBytes(entries) <= replayBytes
}

/** The newest of them that one replay may hold. */
export function newest(entries: readonly Entry[], { replayMessages, replayBytes }: ReplayLimits): readonly Entry[] {
  let bytes = 0
  let start = entries.length
  while (start > 0 && entries.length - start < replayMessages) {
    bytes += entries[start - 1]!.bytes
    if (bytes > replayBytes) break
    start--
  }
  return entries.slice(start)
}

/** The oldest of them that one buffer holds, at least one. */
export function firstPart(entries: readonly Entry[], { replayMessages, bufferBytes }: ReplayLimits): readonly Entry[] {
  let bytes = 0
  let end = 0
  while (end < entries.length && end < replayMessages && (end === 0 || bytes + entries[end]!.bytes <= bufferBytes)) {
    bytes += entries[end]!.bytes
    end++
  }
  return entries.slice(0, end)
}

const sumBytes = (entries: readonly Entry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0)
