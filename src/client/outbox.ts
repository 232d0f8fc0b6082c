import { randomId } from '../lib/random-id.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { AckFrame, ErrFrame, OpenFrame, PubFrame, ServerFrame } from '../protocol/frame.ts'
import { assertTopic, LIMITS } from '../protocol/limits.ts'
import type { SendOptions, SendResult } from './realtime-client.ts'
import type { Wire } from './transport.ts'

/** How long to wait after a failed POST before the next, in milliseconds. */
const RETRY_MS = 1_000
/** Most bytes that a frame has beside its data. */
const ENVELOPE_BYTES = 640

interface Entry {
  readonly frame: PubFrame
  /** Of the data, as the server counts them. */
  readonly bytes: number
  readonly settle: (outcome: SendResult | EverwireError) => void
  /** It was written to the wire that carries now. */
  written: boolean
}

export interface OutboxOptions {
  readonly scope: Scope
  readonly size: number
  /** It became empty or stopped being empty. */
  readonly onChange: () => void
  /** Sending beside the carrying wire failed. */
  readonly onUplinkFailed: (detail: string) => void
}

export interface Outbox {
  readonly size: number
  send(topic: string, type: string, data: unknown, options: SendOptions): Promise<SendResult>
  /** A wire carries from now on: everything that waits for its ack is written to it, in order, within its limits. */
  setCarrier(wire: Wire | undefined, limits: OpenFrame['lim'] | undefined): void
  /** Takes an answer from the carrying wire. */
  receive(frame: AckFrame | ErrFrame): void
}

/**
 * The sends that wait for their ack. Each carries an idempotency key, so it is repeated over any transport until it is
 * answered, and settles exactly once. Order is kept: a wire that carries both directions gets them as they come, beside
 * the others one request is in flight and the rest are batched.
 */
export function createOutbox({ scope, size, onChange, onUplinkFailed }: OutboxOptions): Outbox {
  const entries = new Map<string, Entry>()
  let wire: Wire | undefined
  let limits: OpenFrame['lim'] | undefined
  let posting: AbortController | undefined
  /** Set while nothing is written: what was refused for now goes first. */
  let cancelPause: (() => void) | undefined
  let lastId = 0

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
      const { bytes, settle } = entry
      if (limits && bytes > limits.data) {
        settle(new EverwireError('rejected', `data may have ${limits.data} bytes for this server, got ${bytes}`))
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
    let failure: unknown
    try {
      answers = await carrier.post(
        batch.map(({ frame }) => frame),
        controller.signal,
      )
    } catch (error) {
      failure = error
    }
    // Another wire carries now, and everything unanswered was written to it.
    if (posting !== controller) return
    posting = undefined
    for (const frame of answers) {
      if (frame.t === 'ack' || frame.t === 'err') receive(frame)
    }
    if (failure !== undefined) onUplinkFailed((failure as Error).message)
    if (!cancelPause && batch.some(({ frame }) => entries.has(frame.id))) pause(RETRY_MS)
    write()
  }

  function receive(frame: AckFrame | ErrFrame): void {
    const entry = frame.id === undefined ? undefined : entries.get(frame.id)
    if (!entry) return
    if (frame.t === 'ack') return entry.settle({ id: frame.i, duplicate: frame.dup === 1 })
    if (frame.retry === undefined) {
      return entry.settle(
        new EverwireError('rejected', `the server rejected the message: ${frame.msg}`, { status: frame.code }),
      )
    }
    entry.written = false
    pause(Math.max(frame.retry, 100))
  }

  return {
    get size() {
      return entries.size
    },
    async send(topic, type, data, { timeoutMs = 30_000, signal, key = randomId(16) }) {
      assertTopic(topic)
      // The server ends the connection of a client that says what no client may say.
      if (typeof type !== 'string' || type === '' || type.length > LIMITS.nameChars || /\p{Cc}/u.test(type))
        throw new TypeError(
          `a message's type must be 1 to 64 characters without control characters, got ${quote(type)}`,
        )
      if (!/^[\x21-\x7e]{1,64}$/.test(key))
        throw new TypeError(`a key must be 1 to 64 printable ASCII characters, got ${quote(key)}`)
      if (signal?.aborted) throw aborted(signal)
      if (entries.size >= size)
        throw new EverwireError('overflow', `${size} sends wait already; wait for some of them first`, {
          retryable: true,
        })
      const id = String(++lastId)
      const frame: PubFrame = { t: 'pub', id, c: topic, e: type, k: key, ...(data !== undefined && { d: data }) }
      // What cannot be written must not wait with the others.
      const bytes =
        data instanceof Uint8Array ? data.length : new TextEncoder().encode(JSON.stringify(data) ?? '').length
      return new Promise<SendResult>((resolve, reject) => {
        const sending = scope.child()
        const settle = (outcome: SendResult | EverwireError) => {
          if (!entries.delete(id)) return
          sending.stop()
          if (entries.size === 0) onChange()
          if (outcome instanceof EverwireError) reject(outcome)
          else resolve(outcome)
        }
        entries.set(id, { frame, bytes, settle, written: false })
        sending.after(timeoutMs, () =>
          settle(
            new EverwireError('timed-out', `no answer within ${timeoutMs} ms; it may have been stored`, {
              retryable: true,
            }),
          ),
        )
        sending.listen(signal, 'abort', () => settle(aborted(signal!)))
        sending.defer(() => settle(new EverwireError('aborted', 'the client was disposed')))
        if (entries.size === 1) onChange()
        write()
      })
    },
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

const quote = (text: unknown) => JSON.stringify(text)?.slice(0, 80)

const aborted = ({ reason }: AbortSignal) =>
  new EverwireError('aborted', 'the send was aborted; it may have been stored', { cause: reason })
