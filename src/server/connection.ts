import { randomId } from '../lib/random-id.ts'
import { CODE, type Code } from '../protocol/codes.ts'
import type { OpenObject, RetryWindow } from '../protocol/frame.ts'
import type { From } from '../protocol/position.ts'
import type { Batch, Encoded } from './encoded.ts'
import { encode } from './encoded.ts'
import type { ServerCore } from './core.ts'
import type { ClientTransport, Identity } from './options.ts'
import { Subscription } from './subscription.ts'

/** How a transport carries what a connection sends. */
export interface Outlet {
  readonly transport: ClientTransport
  /** It takes binary messages. */
  readonly binary: boolean
  /** Bytes written that the network did not take yet. */
  buffered(): number
  write(batch: Batch): void
  /** What the connection held back its end for has been sent. */
  settled?(): void
  /** Ends it in good order: what was written still goes out. */
  end(code: number, why: string): void
  /** Ends it at once. */
  destroy(): void
}

/** A batch that has grown to this many bytes leaves before the tick is over. */
const BATCH_BYTES = 65_536
/** Frames that are no messages are still written to a connection that is behind, up to this many times its buffer. */
const HARD_FACTOR = 4

/**
 * One client's seat: what it hears, what waits for it, and whether it keeps up. It has no timer of its own; the
 * server's sweep looks at `openedAt`, `readAt`, `writtenAt` and `behindSince`.
 */
export class Connection {
  readonly cid: string = randomId(12)
  readonly sid: string
  readonly outlet: Outlet
  readonly subscriptions: Map<string, Subscription> = new Map()
  identity: Identity
  /** When something last came from the client, and went to it, by `performance.now()`. */
  readAt: number
  writtenAt: number
  /** Since when nothing is pushed because the client does not take it; `0`: it keeps up. */
  behindSince = 0
  ended = false
  /** What has to happen one after the other: changes of subscriptions, and messages. */
  changes: Promise<void> = Promise.resolve()
  sends: Promise<void> = Promise.resolve()
  presences: Promise<void> = Promise.resolve()
  openSends = 0
  /** A message that is to be sent again, before any behind it. `wasTaken`: it had waited to be stored, with others. */
  awaited: { id: string; retryAt: number; until: number; wasTaken: boolean } | undefined
  readonly #core: ServerCore
  #queue: Encoded[] = []
  #queuedBytes = 0
  #isDue = false
  #isJoining = false
  #held = 0

  constructor(core: ServerCore, outlet: Outlet, open: OpenObject, identity: Identity) {
    this.#core = core
    this.outlet = outlet
    this.sid = open.sid
    this.identity = identity
    this.readAt = performance.now()
    this.writtenAt = this.readAt
  }

  get bufferedBytes(): number {
    return this.outlet.buffered() + this.#queuedBytes
  }

  /** It must take what it has before it gets more. */
  get isFull(): boolean {
    return this.bufferedBytes > this.#core.limits.bufferBytes
  }

  /** Every topic is caught up, and what it asked for beside them is answered. */
  get isCaughtUp(): boolean {
    return this.#held === 0 && this.isJoined
  }

  /** Every topic is caught up. */
  get isJoined(): boolean {
    for (const subscription of this.subscriptions.values()) if (!subscription.isLive) return false
    return true
  }

  /** An answer is on its way: it is not caught up before that. Returns an idempotent release. */
  hold(): () => void {
    this.#held++
    let released = false
    return () => {
      if (released) return
      released = true
      if (--this.#held === 0 && !this.ended) this.outlet.settled?.()
    }
  }

  /** Sends a frame with the batch of this tick. */
  send(frame: Encoded): void {
    if (this.ended) return
    this.#queue.push(frame)
    this.#queuedBytes += frame.bytes
    if (this.#queuedBytes >= BATCH_BYTES) this.flush(performance.now())
    else this.#makeDue()
  }

  flush(now: number): void {
    this.#isDue = false
    if (this.ended) return
    this.#write(now)
    const buffered = this.outlet.buffered()
    const { bufferBytes } = this.#core.limits
    if (buffered > bufferBytes * HARD_FACTOR + this.#core.limits.replayBytes)
      this.end(CODE.slow, 'the client does not read')
    else if (buffered > bufferBytes) this.#fallBehind(now)
    else this.joinWaiting()
  }

  /** The network took all that was written. */
  drained(): void {
    if (this.ended || this.behindSince === 0) return
    this.behindSince = 0
    this.joinWaiting()
    this.#core.presence.drained(this)
  }

  /** Subscribes to a topic that the client may hear, or lets it start anew from another place. */
  subscribe(topic: string, name: string, from: From): void {
    if (this.ended) return
    const running = this.subscriptions.get(topic)
    if (running) running.restart(from)
    else this.subscriptions.set(topic, new Subscription(this, topic, this.#core.feeds.get(name), from))
  }

  unsubscribe(topic: string): void {
    this.subscriptions.get(topic)?.leave()
    this.subscriptions.delete(topic)
  }

  /** Lets topics join as long as there is room for what they missed. */
  joinWaiting(): void {
    if (this.#isJoining || this.ended) return
    this.#isJoining = true
    for (const subscription of this.subscriptions.values()) {
      if (subscription.state !== 'waiting') continue
      if (this.isFull) break
      subscription.join()
    }
    this.#isJoining = false
    // More parts to fetch: after they were written, so that each tick takes at most one of each topic.
    if (!this.#isDue && !this.isFull && this.#hasWaiting()) this.#makeDue()
  }

  /** Ends it with a last word; the transport is told in good order. */
  end(code: Code, why: string, retry: RetryWindow = this.#core.retryWindow()): void {
    if (this.ended) return
    this.#queue.push(encode({ t: 'bye', code, why, retry }))
    this.#write(performance.now())
    this.closed()
    this.outlet.end(code, why)
  }

  /** It is over, by whichever side: leaves nothing behind. */
  closed(): void {
    if (this.ended) return
    this.ended = true
    for (const subscription of this.subscriptions.values()) subscription.leave()
    this.subscriptions.clear()
    this.#core.presence.forget(this)
    this.#queue = []
    this.#queuedBytes = 0
    this.#core.connections.delete(this)
  }

  #makeDue(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#core.flusher.add(this)
  }

  #write(now: number): void {
    if (this.#queue.length === 0) return
    const batch = this.#core.batch(this.#queue)
    this.#queue = []
    this.#queuedBytes = 0
    this.writtenAt = now
    this.outlet.write(batch)
  }

  #fallBehind(now: number): void {
    this.behindSince ||= now
    for (const subscription of this.subscriptions.values()) subscription.pause()
  }

  #hasWaiting(): boolean {
    for (const { state } of this.subscriptions.values()) if (state === 'waiting') return true
    return false
  }
}
