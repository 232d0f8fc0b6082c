/**
 * The protocol's codes: WebSocket close codes, and the same numbers in `bye`, `err` and the body of HTTP errors.
 * The hundreds say what a client does: 40xx do not reconnect, 41xx reconnect and resume, 42xx renew the token and
 * reconnect, 45xx back off.
 */
export const CODE = {
  badFrame: 4000,
  version: 4001,
  forbidden: 4003,
  replaced: 4009,
  tooBig: 4013,
  conflict: 4022,
  drain: 4100,
  slow: 4101,
  heartbeat: 4102,
  tokenExpired: 4200,
  unauthenticated: 4201,
  internal: 4500,
  overloaded: 4503,
  rateLimited: 4529,
} as const

export type Code = (typeof CODE)[keyof typeof CODE]

/** What a client does after a wire ended with a code. */
export type CodeAdvice = 'stop' | 'resume' | 'renew' | 'back-off'

/** @param code - a protocol code or any WebSocket close code (RFC 6455 §7.4; 1012 and 1013 from the IANA registry) */
export function adviceOf(code: number): CodeAdvice {
  if (code >= 4000 && code < 4100) return 'stop'
  if (code >= 4200 && code < 4300) return 'renew'
  if ((code >= 4100 && code < 4200) || code === 1001 || code === 1012) return 'resume'
  return 'back-off'
}

/** The HTTP status under which a code travels. */
export function statusOf(code: Code): number {
  switch (code) {
    case CODE.badFrame:
      return 400
    case CODE.version:
      return 426
    case CODE.forbidden:
      return 403
    case CODE.tooBig:
      return 413
    case CODE.conflict:
      return 422
    case CODE.tokenExpired:
    case CODE.unauthenticated:
      return 401
    case CODE.rateLimited:
      return 429
    case CODE.internal:
      return 500
    default:
      return 503
  }
}
