import { type BackoffOptions, backoffMs } from '../lib/backoff.ts'
import { guard } from '../lib/emitter.ts'
import { randomId } from '../lib/random-id.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { AckFrame, ErrFrame, PubFrame, ServerFrame, ServerLimits } from '../protocol/frame.ts'
import { LIMITS } from '../protocol/limits.ts'
import { createKeeper, type Kept } from './outbox-keeper.ts'
import type { ClientOutboxOptions, OutboxStore, StoredSend } from './outbox-options.ts'
import type { SendOptions, SendResult } from './realtime-client.ts'
import { assertSend, sizeOf } from './send-checks.ts'
import type { Wire } from './transport.ts'

/** How long to wait after failed POSTs before the next: a cut is over soon, a proxy that forbids them is not. */
const RETRY: BackoffOptions = { minMs: 100, maxMs: 2_000 }
/** Most bytes that a frame has beside its data. */
const ENVELOPE_BYTES = 640
/** Of the time in which a server recognises a key, how much of it a repeat may use; the rest is for the way. */
const KEY_SHARE = 0.9
/** How long a send is tried, in milliseconds: while the page lives, and where it outlives the page. */
const TIMEOUT_MS = 30_000
const KEPT_MS = 86_400_000

type Outcome = SendResult | EverwireError

interface Entry extends Kept {
  readonly frame: PubFrame
  /** Of the data, as the server counts them. */
  readonly bytes: number
  readonly settle: (outcome: Outcome) => void
  /** It was written to the wire that carries now. */
  written: boolean
}

export interface OutboxOptions extends Omit<ClientOutboxOptions, 'persist'> {
  readonly scope: Scope
  readonly openStore?: (() => Promise<OutboxStore>) | undefined
  /** The connection was there and is away. */
  readonly isAway: () => boolean
  /** It became empty or stopped being empty. */
  readonly onChange: () => void
  /** Sending beside the carrying wire failed. */
  readonly onUplinkFailed: (error: EverwireError) => void
  readonly onError: (error: EverwireError) => void
  /** Hears what `onRestored` throws. */
  readonly onThrow: (cause: unknown) => void
}

export interface Outbox {
  readonly size: number
  send(topic: string, type: string, data: unknown, options: SendOptions): Promise<SendResult>
  /** Takes what clients before this one left behind; does it once. */
  restore(): void
  /** A wire carries from now on: everything that waits for its ack is written to it, in order, within its limits. */
  setCarrier(wire: Wire | undefined, limits: ServerLimits | undefined): void
  /** Takes an answer from the carrying wire. */
  receive(frame: AckFrame | ErrFrame): void
}

/**
 * The sends that wait for their ack. Each carries an idempotency key, so it is repeated over any transport until it is
 * answered, and settles exactly once. Order is kept: a wire that carries both directions gets them as they come, beside
 * the others one request is in flight and the rest are batched.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { scope, openStore, isAway, onChange, onUplinkFailed, onError, onThrow } = options
  const { limit = 1_000, maxBytes = 4_194_304, whenFull = 'reject', onRestored } = options
  const entries = new Map<string, Entry>()
  let wire: Wire | undefined
  let limits: ServerLimits | undefined
  let posting: AbortController | undefined
  /** Set while nothing is written: what was refused for now goes first. */
  let cancelPause: (() => void) | undefined
  let lastId = 0
  let lastOrder = 0
  let totalBytes = 0
  /** Posts in a row that failed, and those of them that were refused for their token. */
  let failures = 0
  let refused = 0

  function pause(ms: number): void {
    resume()
    cancelPause = scope.after(ms, () => {
      resume()
      write()
    })
  }

  function resume(): void {
    cancelPause?.()
    cancelPause = undefined
  }

  /** The next of what waits that one batch can hold; what no batch can hold is rejected. */
  function nextBatch(): Entry[] {
    const batch: Entry[] = []
    // Half of what may come in, so that a token has room beside it.
    let room = (limits?.in ?? LIMITS.inBytes) / 2
    for (const entry of [...entries.values()]) {
      if (entry.written) continue
      if (!keeper.mayGo(entry)) break
      const { bytes, settle, writtenAt } = entry
      if (limits && bytes > limits.data) {
        settle(new EverwireError('rejected', `data may have ${limits.data} bytes for this server, got ${bytes}`))
        continue
      }
      if (writtenAt > 0 && Date.now() - writtenAt > KEY_SHARE * (limits?.key ?? Infinity)) {
        // Repeating it now could store it twice.
        settle(
          new EverwireError('timed-out', 'no answer came while the server recognised its key; it may have been stored'),
        )
        continue
      }
      room -= bytes + ENVELOPE_BYTES
      if (batch.length === LIMITS.sendFrames || (batch.length > 0 && room < 0)) break
      batch.push(entry)
    }
    return batch
  }

  function write(): void {
    if (!wire || cancelPause) return
    if (!wire.send) return void post(wire)
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      for (const entry of batch) entry.written = true
      wire.send(batch.map(({ frame }) => frame))
    }
  }

  async function post(carrier: Wire): Promise<void> {
    if (posting || !carrier.post) return
    const batch = nextBatch()
    if (batch.length === 0) return
    const controller = new AbortController()
    posting = controller
    let answers: readonly ServerFrame[] = []
    let failure: EverwireError | undefined
    try {
      answers = await carrier.post(
        batch.map(({ frame }) => frame),
        controller.signal,
      )
    } catch (error) {
      failure =
        error instanceof EverwireError ? error : new EverwireError('unreachable', String((error as Error).message))
    }
    // Another wire carries now, and everything unanswered was written to it.
    if (posting !== controller) return
    posting = undefined
    for (const frame of answers) {
      if (frame.t === 'ack' || frame.t === 'err') receive(frame)
    }
    failures = failure ? failures + 1 : 0
    refused = failure?.code === 'unauthenticated' ? refused + 1 : 0
    if (refused > 1) {
      // A new token was asked for after the first time.
      refused = 0
      for (const { settle } of batch) settle(rejected(failure!.message, failure!.status))
    } else if (failure) onUplinkFailed(failure)
    if (!cancelPause && batch.some(({ frame }) => entries.has(frame.id)))
      pause(backoffMs(failures, RETRY, Math.random()))
    write()
  }

  function receive(frame: AckFrame | ErrFrame): void {
    const entry = frame.id === undefined ? undefined : entries.get(frame.id)
    if (!entry) return
    if (frame.t === 'ack') return entry.settle({ id: frame.i, duplicate: frame.dup === 1 })
    if (frame.retry === undefined) {
      return entry.settle(rejected(`the server rejected the message: ${frame.msg}`, frame.code))
    }
    entry.written = false
    pause(Math.max(frame.retry, 100))
  }

  /** Adds a send at the end. `onSettled` is called once, also where the client is disposed. */
  function add(send: StoredSend, signal: AbortSignal | undefined, onSettled: (outcome: Outcome) => void): void {
    const { key, topic, type, data, order, until, writtenAt } = send
    const id = String(++lastId)
    const bytes = sizeOf(data)
    const sending = scope.child()
    const settle = (outcome: Outcome) => {
      if (!entries.delete(id)) return
      totalBytes -= bytes
      sending.stop()
      keeper.forget(key)
      if (entries.size === 0) onChange()
      onSettled(outcome)
    }
    const frame: PubFrame = { t: 'pub', id, c: topic, e: type, k: key, ...(data !== undefined && { d: data }) }
    const entry: Entry = {
      frame,
      bytes,
      settle,
      stored: () => send,
      isWaiting: () => entries.has(id),
      writtenAt,
      written: false,
    }
    entries.set(id, entry)
    totalBytes += bytes
    lastOrder = Math.max(lastOrder, order)
    const timeoutMs = until - Date.now()
    sending.after(timeoutMs, () =>
      settle(
        new EverwireError('timed-out', `no answer within ${Math.round(timeoutMs)} ms; it may have been stored`, {
          retryable: true,
        }),
      ),
    )
    sending.listen(signal, 'abort', () => settle(aborted(signal!)))
    sending.defer(() => settle(new EverwireError('aborted', 'the client was disposed')))
    keeper.keep(entry)
    if (entries.size === 1) onChange()
  }

  /** Makes room for so many bytes, or says why there is none. */
  function makeRoom(bytes: number): EverwireError | undefined {
    while (entries.size >= limit || totalBytes + bytes > maxBytes) {
      const oldest = [...entries.values()].find(({ writtenAt }) => writtenAt === 0) ?? entries.values().next().value
      if (whenFull === 'reject' || bytes > maxBytes || !oldest) {
        const waiting = `${entries.size} sends with ${totalBytes} bytes wait already`
        return overflow(`${waiting}, ${limit} and ${maxBytes} bytes may; wait for some of them first`)
      }
      const sent = oldest.writtenAt > 0 ? '; it may have been stored' : ''
      oldest.settle(overflow(`newer sends took its place in the full outbox${sent}`))
    }
    return undefined
  }

  const keeper = createKeeper({
    openStore,
    isCarried: () => wire !== undefined,
    onRestored(left) {
      if (scope.stopped) return
      for (const send of left) add(send, undefined, (outcome) => guard(() => onRestored?.(send, outcome), onThrow))
      write()
    },
    onKept: write,
    onError,
  })

  return {
    get size() {
      return entries.size
    },
    async send(topic, type, data, sendOptions) {
      const { signal, key = randomId(16), timeoutMs = openStore ? KEPT_MS : TIMEOUT_MS } = sendOptions
      const { whenOffline = options.whenOffline ?? 'queue' } = sendOptions
      assertSend(topic, type, key)
      if (signal?.aborted) throw aborted(signal)
      if (whenOffline !== 'queue' && isAway()) {
        if (whenOffline === 'drop') return { id: '', duplicate: false, dropped: true }
        throw new EverwireError('offline', 'the connection is away, and the send was not to wait', { retryable: true })
      }
      // What cannot be written must not wait with the others.
      const bytes = sizeOf(data)
      const until = Date.now() + timeoutMs
      // What an earlier page left goes first.
      const restoring = keeper.restore()
      if (restoring) await restoring
      if (signal?.aborted) throw aborted(signal)
      if (scope.stopped) throw new EverwireError('aborted', 'the client was disposed')
      const full = makeRoom(bytes)
      if (full) throw full
      return new Promise<SendResult>((resolve, reject) => {
        const send = { key, topic, type, data, order: Math.max(lastOrder + 1, Date.now() * 1_000), until, writtenAt: 0 }
        add(send, signal, (outcome) => (outcome instanceof EverwireError ? reject(outcome) : resolve(outcome)))
        write()
      })
    },
    restore: () => void keeper.restore(),
    setCarrier(next, nextLimits) {
      wire = next
      limits = nextLimits
      resume()
      posting?.abort()
      posting = undefined
      for (const entry of entries.values()) entry.written = false
      write()
    },
    receive,
  }
}

const overflow = (message: string) => new EverwireError('overflow', message, { retryable: true })

const rejected = (message: string, status: number | undefined) =>
  new EverwireError('rejected', message, status === undefined ? {} : { status })

const aborted = ({ reason }: AbortSignal) =>
  new EverwireError('aborted', 'the send was aborted; it may have been stored', { cause: reason })
