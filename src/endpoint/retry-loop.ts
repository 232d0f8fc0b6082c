import { backoffMs } from '../lib/backoff.ts'
import { createEmitter } from '../lib/emitter.ts'
import { listenToPage } from '../lib/page-signals.ts'
import { createScope, type Scope } from '../lib/scope.ts'
import { createStore } from '../lib/store.ts'
import { EverwireError, type EverwireErrorOptions } from '../protocol/errors.ts'
import {
  type EndpointClient,
  type EndpointOptions,
  type EndpointSnapshot,
  IDLE,
  type RetryOptions,
} from './endpoint.ts'

/** One attempt at the endpoint. After its scope has stopped, nothing it says is heard. */
export interface Attempt {
  readonly scope: Scope
  /** The endpoint answered as it should: its life begins. */
  opened(this: void): void
  /**
   * It is over: in peace (no error), for good (an error that is not retryable), or until the next attempt.
   * @param afterMs - the wait that the server asked for, in milliseconds; `0`: at once
   */
  end(this: void, error?: EverwireError, afterMs?: number): void
}

export interface RetryLoop extends Pick<
  EndpointClient,
  'subscribe' | 'getSnapshot' | 'connect' | 'reconnect' | 'close'
> {
  /** Tells the application of something that ends nothing; where it does not listen, the console. */
  report(this: void, error: EverwireError): void
}

/** No server can keep a client away for longer than this, in milliseconds. */
const MAX_ASKED_MS = 300_000

const NOTHING = { retryAt: null, since: null, error: null } as const
const CLOSED: EndpointSnapshot = { ...NOTHING, status: 'closed', attempt: 0 }

/** Whether nothing runs any more and only `connect` or `reconnect` would start it again. */
export const isOver = ({ status }: EndpointSnapshot): boolean => status === 'closed' || status === 'failed'

/** The error of an attempt that may be repeated. */
export const lost = (message: string, options: EverwireErrorOptions = {}): EverwireError =>
  new EverwireError('unreachable', message, { ...options, retryable: true })

/** What follows the end of an attempt. Pure: the clock and the dice are arguments. */
export function afterEnd(
  from: EndpointSnapshot,
  error: EverwireError | undefined,
  afterMs: number | undefined,
  { minMs = 500, maxMs = 5000, maxRetries = Infinity }: RetryOptions,
  now: number,
  random: number,
): EndpointSnapshot {
  if (!error) return CLOSED
  const { attempt } = from
  if (!error.retryable || attempt >= maxRetries) return { ...NOTHING, status: 'failed', attempt, error }
  // After a good life the first retry costs nothing: at once, unless the server asked for a wait. From then on delays
  // grow until a life was stable, also when every attempt opens.
  let delayMs =
    from.status === 'open' && attempt === 0 ? 0 : backoffMs(Math.max(0, attempt - 1), { minMs, maxMs }, random)
  if (afterMs === 0) delayMs = 0
  else if (afterMs !== undefined) {
    // Spread, since a server tells all its clients the same.
    delayMs = Math.max(delayMs, Math.min(Math.max(afterMs, minMs), MAX_ASKED_MS) * (1 + random / 10))
  }
  return { ...NOTHING, status: 'reconnecting', attempt: attempt + 1, retryAt: now + delayMs, error }
}

/**
 * Keeps one endpoint open: attempt, life, wait, next attempt. The snapshot is its whole state; all effects are here, in
 * scopes: one from `connect` to the end, and in it one for the attempt or the wait.
 * @param start - makes one attempt; what it throws ends the attempt
 * @param wake - called while an attempt runs and the page woke up or the network came back: look whether it lives
 */
export function createRetryLoop(
  start: (attempt: Attempt) => Promise<void>,
  { retry = {}, signal, onError }: EndpointOptions,
  wake: () => void,
): RetryLoop {
  const store = createStore<EndpointSnapshot>(IDLE)
  const errors = createEmitter<EverwireError>()
  if (onError) errors.on(onError)
  let life = createScope()
  let current = life

  function begin(attempt: number): void {
    current.stop()
    const scope = (current = life.child())
    const { error } = store.get()
    store.set(
      attempt && error
        ? { ...NOTHING, status: 'reconnecting', attempt, error }
        : { ...NOTHING, status: 'connecting', attempt: 0 },
    )
    // A listener may have closed it just now.
    if (scope.stopped) return
    const end: Attempt['end'] = (failure, afterMs) => {
      if (scope.stopped) return
      scope.stop()
      enter(afterEnd(store.get(), failure, afterMs, retry, Date.now(), Math.random()))
      if (failure) errors.emit(failure)
    }
    const opened = () => {
      const { status, attempt: failed } = store.get()
      if (scope.stopped || status === 'open') return
      const open = { ...NOTHING, status: 'open', attempt: failed, since: Date.now() } as const
      if (failed) scope.after(retry.stableMs ?? 10_000, () => store.set({ ...open, attempt: 0 }))
      store.set(open)
    }
    start({ scope, opened, end }).catch((cause: unknown) =>
      end(cause instanceof EverwireError ? cause : lost(`the attempt failed: ${String(cause)}`, { cause })),
    )
  }

  /** Acts on the state that follows an attempt, then says it: a listener may call anything. */
  function enter(next: EndpointSnapshot): void {
    const { retryAt, attempt } = next
    if (retryAt === null) life.stop()
    else {
      current = life.child()
      current.after(retryAt - Date.now(), () => begin(attempt))
    }
    store.set(next)
  }

  function close(): void {
    if (isOver(store.get())) return
    enter(CLOSED)
  }

  function reconnect(): void {
    if (signal?.aborted) return
    life.stop()
    life = createScope()
    life.listen(signal, 'abort', close)
    listenToPage(life, (pageSignal) => {
      const { attempt, retryAt } = store.get()
      if (pageSignal === 'wake' || pageSignal === 'online') {
        if (retryAt === null) wake()
        else begin(attempt)
      } else if (pageSignal === 'leave' && retryAt === null) {
        // A page with an open connection is not kept in the back/forward cache; `wake` tells of its return.
        current.stop()
        const error = lost('the page went into the back/forward cache')
        enter({ ...NOTHING, status: 'reconnecting', attempt: attempt + 1, retryAt: Date.now() + MAX_ASKED_MS, error })
      }
    })
    begin(0)
  }

  return {
    subscribe: store.subscribe,
    getSnapshot: store.get,
    connect() {
      const snapshot = store.get()
      if (snapshot === IDLE || isOver(snapshot)) reconnect()
    },
    reconnect,
    close,
    report: onError ? errors.emit : (error) => console.warn(error),
  }
}
