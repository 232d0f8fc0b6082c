import { randomId } from '../../lib/random-id.ts'
import { formatPosition, type From, parsePosition, type Position, type PositionParts } from '../../protocol/position.ts'
import type { Previous, PublishOptions, PublishResult, Since, Stored } from './contract.ts'

interface Kept extends Stored, PositionParts {
  readonly at: number
}

interface KnownKey {
  readonly pos: Position
  readonly digest: string
  readonly until: number
}

/** What a message takes beside its text: position, entry, array slot; an estimate. */
const OVERHEAD_BYTES = 200
/** Idempotency keys of one topic; above it the oldest is forgotten. */
const MAX_KEYS = 50_000
/** How long an empty topic keeps its epoch, so that who was caught up can resume: in lives of its messages. */
const EPOCH_LIVES = 10

/** One topic's history in memory: bounded in number and age, with the idempotency keys of its messages. */
export class MemoryTopic {
  bytes = 0
  readonly #epoch = randomId(8)
  #head: PositionParts = { epoch: this.#epoch, offset: 0, tag: '' }
  /** The verified position before the oldest message kept. */
  #floor: PositionParts = this.#head
  #kept: Kept[] = []
  readonly #keys = new Map<string, KnownKey>()
  #ttlMs = 300_000
  #usedAt = Date.now()

  get head(): Position {
    return formatPosition(this.#head)
  }

  publish(data: string, { key, history }: PublishOptions): PublishResult & { stored?: Stored; prev?: Previous } {
    const now = Date.now()
    this.#usedAt = now
    this.#ttlMs = history.ttlMs
    const known = key && this.#keys.get(key.id)
    if (known && known.until > now) {
      return {
        pos: known.pos,
        ...(known.digest === key.digest ? { duplicate: true } : { duplicate: false, conflict: true }),
      }
    }
    const prev = this.#head
    this.#head = { epoch: this.#epoch, offset: prev.offset + 1, tag: randomId(6) }
    const stored = { ...this.#head, pos: this.head, data, at: now }
    this.#kept.push(stored)
    this.bytes += sizeOf(stored)
    this.#drop(this.#kept.length - history.size)
    this.expire(now)
    if (key) {
      this.#keys.delete(key.id)
      this.#keys.set(key.id, { pos: stored.pos, digest: key.digest, until: now + key.ttlMs })
    }
    return { pos: stored.pos, duplicate: false, stored, prev }
  }

  since(from: Exclude<From, null>, limit: number): Since {
    this.#usedAt = Date.now()
    this.expire(this.#usedAt)
    const start = this.#indexAfter(from)
    if (typeof start === 'string') return { status: 'reset', why: start, top: this.head }
    const messages = this.#kept.slice(start, start + limit).map(({ pos, data }) => ({ pos, data }))
    return { status: start + limit < this.#kept.length ? 'more' : 'ok', messages, top: this.head }
  }

  /** Drops what is past its time. */
  expire(now: number): void {
    const fresh = this.#kept.findIndex(({ at }) => at > now - this.#ttlMs)
    this.#drop(fresh < 0 ? this.#kept.length : fresh)
    for (const [id, { until }] of this.#keys) {
      if (until > now && this.#keys.size <= MAX_KEYS) break
      this.#keys.delete(id)
    }
  }

  clear(): void {
    this.#drop(this.#kept.length)
  }

  /** Whether nothing is lost with it that somebody could still ask for. */
  isForgettable(now: number): boolean {
    const nothing = this.#kept.length === 0 && this.#keys.size === 0
    return nothing && (this.#head.offset === 0 || now - this.#usedAt > this.#ttlMs * EPOCH_LIVES)
  }

  #indexAfter(from: Exclude<From, null>): number | 'epoch' | 'trimmed' | 'fork' {
    if (from === '0') return 0
    const parts = parsePosition(from)
    if (parts?.epoch !== this.#epoch) return 'epoch'
    if (parts.offset > this.#head.offset) return 'fork'
    if (parts.offset < this.#floor.offset) return 'trimmed'
    const index = parts.offset - this.#floor.offset
    const found = index === 0 ? this.#floor : this.#kept[index - 1]!
    return found.tag === parts.tag ? index : 'fork'
  }

  #drop(count: number): void {
    if (count <= 0) return
    const dropped = this.#kept.splice(0, count)
    for (const stored of dropped) this.bytes -= sizeOf(stored)
    this.#floor = dropped.at(-1)!
  }
}

const sizeOf = ({ data }: Stored): number => data.length * 2 + OVERHEAD_BYTES
