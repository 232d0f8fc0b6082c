import { randomId } from '../lib/random-id.ts'
import type { Scope } from '../lib/scope.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { AckFrame, ErrFrame, PubFrame, ServerFrame } from '../protocol/frame.ts'
import { assertTopic, LIMITS } from '../protocol/limits.ts'
import type { SendOptions, SendResult } from './realtime-client.ts'
import type { Wire } from './transport.ts'

/** How long to wait after a failed POST before the next, in milliseconds. */
const RETRY_MS = 1_000

interface Entry {
  readonly frame: PubFrame
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
  /** A wire carries from now on: everything that waits for its ack is written to it, in order. */
  setCarrier(wire: Wire | undefined): void
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
  let posting: AbortController | undefined
  let cancelRetry = () => {}
  let lastId = 0

  function write(): void {
    if (!wire) return
    const waiting = [...entries.values()].filter(({ written }) => !written)
    if (waiting.length === 0) return
    if (!wire.send) return void post(wire)
    for (const entry of waiting) entry.written = true
    wire.send(waiting.map(({ frame }) => frame))
  }

  async function post(carrier: Wire): Promise<void> {
    if (posting || !carrier.post || entries.size === 0) return
    const controller = new AbortController()
    posting = controller
    const batch = [...entries.values()].slice(0, LIMITS.sendFrames)
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
    if (batch.some(({ frame }) => entries.has(frame.id))) cancelRetry = scope.after(RETRY_MS, write)
    else write()
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
    cancelRetry()
    cancelRetry = scope.after(Math.max(frame.retry, 100), write)
  }

  return {
    get size() {
      return entries.size
    },
    async send(topic, type, data, { timeoutMs = 30_000, signal, key = randomId(16) }) {
      assertTopic(topic)
      if (signal?.aborted) throw aborted(signal)
      if (entries.size >= size)
        throw new EverwireError('overflow', `${size} sends wait already; wait for some of them first`, {
          retryable: true,
        })
      const id = String(++lastId)
      const frame: PubFrame = { t: 'pub', id, c: topic, e: type, k: key, ...(data !== undefined && { d: data }) }
      // What cannot be written must not wait with the others.
      if (!(data instanceof Uint8Array)) JSON.stringify(data)
      return new Promise<SendResult>((resolve, reject) => {
        const sending = scope.child()
        const settle = (outcome: SendResult | EverwireError) => {
          if (!entries.delete(id)) return
          sending.stop()
          if (entries.size === 0) onChange()
          if (outcome instanceof EverwireError) reject(outcome)
          else resolve(outcome)
        }
        entries.set(id, { frame, settle, written: false })
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
    setCarrier(next) {
      wire = next
      cancelRetry()
      posting?.abort()
      posting = undefined
      for (const entry of entries.values()) entry.written = false
      write()
    },
    receive,
  }
}

const aborted = ({ reason }: AbortSignal) =>
  new EverwireError('aborted', 'the send was aborted; it may have been stored', { cause: reason })
