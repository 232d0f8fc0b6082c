import { type Code, statusOf } from '../protocol/codes.ts'

/** Why a request is not served: thrown on the way, answered at the border. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly code: Code
  /** The HTTP status, where it says more than the code's own. */
  readonly status: number
  /** After how many milliseconds trying again makes sense. */
  readonly retryMs: number | undefined

  constructor(
    code: Code,
    message: string,
    { status = statusOf(code), retryMs }: { status?: number; retryMs?: number } = {},
  ) {
    super(message)
    this.code = code
    this.status = status
    this.retryMs = retryMs
  }
}
