import { parsePosition, type Position } from '../protocol/position.ts'

/**
 * Where a message stands for somebody who saw everything up to `last`: already `seen`, the `next` one, `later` (what
 * lies between was missed), or `unknown` where the server's ids are no positions.
 */
export function placeAfter(last: Position, id: Position): 'seen' | 'next' | 'later' | 'unknown' {
  if (id === last) return 'seen'
  const from = parsePosition(last)
  const to = parsePosition(id)
  if (!from || !to) return 'unknown'
  if (from.epoch !== to.epoch || to.offset > from.offset + 1) return 'later'
  return to.offset > from.offset ? 'next' : 'seen'
}
