import { EverwireError } from '../protocol/errors.ts'
import type { OutboxStore, StoredSend } from './outbox-options.ts'

/** A send as the keeper sees it. */
export interface Kept {
  /** What to write down of it. */
  readonly stored: () => StoredSend
  readonly isWaiting: () => boolean
  /** When it was first written to any wire, in milliseconds since 1970; `0`: never. */
  writtenAt: number
}

export interface KeeperOptions {
  /** Absent: sends do not outlive the page. */
  readonly openStore: (() => Promise<OutboxStore>) | undefined
  /** A wire carries: what is written down now goes out. */
  readonly isCarried: () => boolean
  /** Takes what an earlier page left. */
  readonly onRestored: (left: readonly StoredSend[]) => void
  /** Something was written down and may go out. */
  readonly onKept: () => void
  readonly onError: (error: EverwireError) => void
}

/** Keeps sends over a reload: nothing goes out that was not written down before. */
export interface Keeper {
  /** Resolves when what an earlier page left is here; `undefined` where nothing has to be waited for. */
  restore(): Promise<void> | undefined
  /** A send is there. */
  keep(send: Kept): void
  /** Whether a send may be written to a wire; where it is not, it is written down for that. */
  mayGo(send: Kept): boolean
  forget(key: string): void
}

export function createKeeper({ openStore, isCarried, onRestored, onKept, onError }: KeeperOptions): Keeper {
  let store: OutboxStore | undefined
  let restoring: Promise<void> | undefined
  let unwritten: Kept[] = []
  const writing = new Set<Kept>()

  /** Sends go on without being kept: that is better than not at all. */
  function lost(cause: unknown): void {
    const known = cause instanceof EverwireError
    onError(known ? cause : new EverwireError('unsupported', 'sends cannot be kept over a reload', { cause }))
  }

  async function load(open: () => Promise<OutboxStore>): Promise<void> {
    try {
      const opened = await open()
      const left = await opened.load()
      store = opened
      onRestored(left)
    } catch (error) {
      lost(error)
    }
  }

  /** One step for all sends of a tick. */
  function writeDown(send: Kept): void {
    writing.add(send)
    if (unwritten.push(send) === 1) queueMicrotask(() => void writeAll())
  }

  async function writeAll(): Promise<void> {
    const sends = unwritten
    unwritten = []
    const writtenAt = isCarried() ? Date.now() : 0
    const waiting = sends.filter((send) => send.isWaiting())
    await store!.put(waiting.map((send) => ({ ...send.stored(), writtenAt }))).catch(lost)
    for (const send of sends) {
      send.writtenAt = writtenAt
      writing.delete(send)
    }
    onKept()
  }

  return {
    restore() {
      if (openStore) restoring ??= load(openStore)
      return store ? undefined : restoring
    },
    keep(send) {
      if (store && send.writtenAt === 0) writeDown(send)
    },
    mayGo(send) {
      if (!store) send.writtenAt ||= Date.now()
      else if (send.writtenAt === 0 && !writing.has(send)) writeDown(send)
      return send.writtenAt > 0
    },
    forget(key) {
      if (store) void store.remove(key).catch(lost)
    },
  }
}
