import { type BackoffOptions, backoffMs } from '../lib/backoff.ts'
import { reportHandlerError } from '../lib/emitter.ts'
import { randomId } from '../lib/random-id.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { AckFrame, ErrFrame, PubFrame, ServerFrame, ServerLimits } from '../protocol/frame.ts'
import { assertTopic, LIMITS } from '../protocol/limits.ts'
import type { ClientOutboxOptions, OutboxStore, StoredSend } from './outbox-options.ts'
import type { SendOptions, SendResult } from './realtime-client.ts'
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

interface Entry {
  readonly frame: PubFrame
  /** Of the data, as the server counts them. */
  readonly bytes: number
  readonly settle: (outcome: Outcome) => void
  readonly order: number
  readonly until: number
  /** When it was first written to any wire, in milliseconds since 1970; `0`: never. */
  writtenAt: number
  /** It is being written down. */
  isNoting: boolean
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
  const { scope, openStore, isAway, onChange, onUplinkFailed, onError } = options
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
  let store: OutboxStore | undefined
  let restoring: Promise<void> | undefined
  const unnoted: Entry[] = []

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
      if (!mayGo(entry)) break
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

  /** Writes down, at the end of this tick, that a send is there and may go out. */
  function note(entry: Entry): void {
    entry.isNoting = true
    if (unnoted.push(entry) === 1) queueMicrotask(() => void noteAll())
  }

  async function noteAll(): Promise<void> {
    const noting = unnoted.splice(0).filter(({ frame }) => entries.has(frame.id))
    const writtenAt = wire ? Date.now() : 0
    await store!.put(noting.map((entry) => ({ ...stored(entry), writtenAt }))).catch(lost)
    for (const entry of noting) {
      entry.writtenAt = writtenAt
      entry.isNoting = false
    }
    write()
  }

  /** What nobody wrote down must not go out: after a reload nothing would be known of it. */
  function mayGo(entry: Entry): boolean {
    if (!store) entry.writtenAt ||= Date.now()
    else if (entry.writtenAt === 0 && !entry.isNoting) note(entry)
    return entry.writtenAt > 0
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
      if (store) void store.remove(key).catch(lost)
      if (entries.size === 0) onChange()
      onSettled(outcome)
    }
    const frame: PubFrame = { t: 'pub', id, c: topic, e: type, k: key, ...(data !== undefined && { d: data }) }
    const entry: Entry = { frame, bytes, settle, order, until, writtenAt, isNoting: false, written: false }
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
    if (store && writtenAt === 0) note(entry)
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

  const stored = ({ frame, order, until, writtenAt }: Entry): StoredSend => ({
    key: frame.k,
    topic: frame.c,
    type: frame.e,
    data: frame.d,
    order,
    until,
    writtenAt,
  })

  /** Sends go on without being kept: that is better than not at all. */
  function lost(cause: unknown): void {
    onError(
      cause instanceof EverwireError
        ? cause
        : new EverwireError('unsupported', 'sends cannot be kept over a reload', { cause }),
    )
  }

  async function load(open: () => Promise<OutboxStore>): Promise<void> {
    try {
      const opened = await open()
      const left = await opened.load()
      if (scope.stopped) return
      store = opened
      for (const send of left) {
        add(send, undefined, (outcome) => {
          try {
            onRestored?.(send, outcome)
          } catch (error) {
            reportHandlerError(error)
          }
        })
      }
      write()
    } catch (error) {
      lost(error)
    }
  }

  function restore(): void {
    if (openStore) restoring ??= load(openStore)
  }

  return {
    get size() {
      return entries.size
    },
    async send(topic, type, data, sendOptions) {
      const { signal, key = randomId(16), timeoutMs = openStore ? KEPT_MS : TIMEOUT_MS } = sendOptions
      const { whenOffline = options.whenOffline ?? 'queue' } = sendOptions
      assertTopic(topic)
      assertType(type)
      assertKey(key)
      if (signal?.aborted) throw aborted(signal)
      if (whenOffline !== 'queue' && isAway()) {
        if (whenOffline === 'drop') return { id: '', duplicate: false, dropped: true }
        throw new EverwireError('offline', 'the connection is away, and the send was not to wait', { retryable: true })
      }
      // What cannot be written must not wait with the others.
      const bytes = sizeOf(data)
      const until = Date.now() + timeoutMs
      restore()
      // What an earlier page left goes first.
      if (restoring && !store) await restoring
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
    restore,
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

function assertType(type: unknown): void {
  // The server ends the connection of a client that says what no client may say.
  if (typeof type === 'string' && type !== '' && type.length <= LIMITS.nameChars && !/\p{Cc}/u.test(type)) return
  throw new TypeError(`a message's type must be 1 to 64 characters without control characters, got ${quote(type)}`)
}

function assertKey(key: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(key))
    throw new TypeError(`a key must be 1 to 64 printable ASCII characters, got ${quote(key)}`)
}

const sizeOf = (data: unknown): number =>
  data instanceof Uint8Array ? data.length : new TextEncoder().encode(JSON.stringify(data) ?? '').length

const quote = (text: unknown) => JSON.stringify(text)?.slice(0, 80)

const overflow = (message: string) => new EverwireError('overflow', message, { retryable: true })

const rejected = (message: string, status: number | undefined) =>
  new EverwireError('rejected', message, status === undefined ? {} : { status })

const aborted = ({ reason }: AbortSignal) =>
  new EverwireError('aborted', 'the send was aborted; it may have been stored', { cause: reason })
