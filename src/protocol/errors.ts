import { guard, reportHandlerError } from '../lib/emitter.ts'

/**
 * What kind of error it is:
 * - `bad-frame`: something on the wire was not what the protocol or the endpoint promises
 * - `unreachable`: no transport could be proven; the network or the server is away
 * - `closed`: the other side ended it for good (close code 1000 or 40xx, HTTP 204)
 * - `refused`: the server answered with an error
 * - `unauthenticated`, `forbidden`: it did not accept the credentials or the request
 * - `timed-out`, `aborted`, `overflow`, `rejected`, `offline`: how a send ended that was not stored, or is not known
 *   to be stored (`timed-out`)
 * - `unsupported`: the environment lacks what is needed
 * - `handler`: a handler or reducer of the application threw; `cause` is what it threw
 */
export type ErrorCode =
  | 'bad-frame'
  | 'unreachable'
  | 'closed'
  | 'refused'
  | 'unauthenticated'
  | 'forbidden'
  | 'timed-out'
  | 'aborted'
  | 'overflow'
  | 'rejected'
  | 'offline'
  | 'unsupported'
  | 'handler'

export interface EverwireErrorOptions {
  /** Whether trying again may help. @defaultValue false */
  readonly retryable?: boolean
  /** The HTTP status, the WebSocket close code or the protocol code that came. */
  readonly status?: number
  readonly cause?: unknown
}

/** Every error that everwire gives to an application. */
export class EverwireError extends Error {
  override readonly name: string = 'EverwireError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly status: number | undefined

  constructor(code: ErrorCode, message: string, { retryable = false, status, cause }: EverwireErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable
    this.status = status
  }
}

/** Where what goes wrong is told, so that telling it can break nothing. */
export interface ErrorSink {
  /** Tells `onError`, which may throw. */
  tell(this: void, error: EverwireError): void
  /** Tells it what a handler threw; where there is no `onError`, that is reported as the platform reports uncaught errors. */
  threw(this: void, cause: unknown): void
}

export function errorsTo(onError: ((error: EverwireError) => void) | undefined): ErrorSink {
  const tell = (error: EverwireError) => guard(() => onError?.(error))
  return {
    tell,
    threw: onError
      ? (cause) => tell(new EverwireError('handler', `a handler threw: ${String(cause)}`, { cause }))
      : reportHandlerError,
  }
}
