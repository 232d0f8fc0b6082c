import { CODE } from '../protocol/codes.ts'
import type { Scope } from '../lib/scope.ts'
import {
  type AuthorizeRequest,
  type ConnectRequest,
  type Identity,
  type LogEntry,
  type RealtimeServerOptions,
} from './options.ts'
import { isTenant } from './name.ts'
import { Refusal } from './refusal.ts'

/** The application's hooks, each with its time limit and its errors turned into what the client is told. */
export interface Hooks {
  /** @throws Refusal 4201, 4200 or 4503 */
  authenticate(request: ConnectRequest): Promise<Identity>
  /** Which of the topics are allowed. @throws Refusal 4500 or 4503 */
  authorize(request: Omit<AuthorizeRequest, 'user'>): Promise<(topic: string) => boolean>
  /** @throws Refusal 4503 where the work takes longer than a hook may */
  limited<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result>
}

interface HooksOptions extends Pick<RealtimeServerOptions, 'authenticate' | 'authorize'> {
  readonly hookMs: number
  readonly scope: Scope
  readonly log: (entry: LogEntry) => void
}

const ANYBODY: Identity = { user: '' }

export function createHooks({ authenticate, authorize, hookMs, scope, log }: HooksOptions): Hooks {
  function limited<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancel = scope.after(hookMs, () =>
        reject(
          new Refusal(CODE.overloaded, `the server's ${what} hook took longer than ${hookMs} ms`, { retryMs: 1_000 }),
        ),
      )
      Promise.resolve().then(work).then(resolve, reject).finally(cancel)
    })
  }

  return {
    limited,
    async authenticate(request) {
      if (!authenticate) return ANYBODY
      let identity: Identity | null
      try {
        identity = await limited('authenticate', () => authenticate(request))
      } catch (error) {
        if (error instanceof Refusal) throw error
        // What it threw may name what was wrong with the credentials: for the operator, not for the client.
        log({ level: 'info', message: 'authenticate refused a client', error })
        identity = null
      }
      if (!identity) throw new Refusal(CODE.unauthenticated, 'the server did not accept the credentials')
      if (identity.tenant !== undefined && !isTenant(identity.tenant)) {
        log({
          level: 'error',
          message: `a tenant must be 1 to 64 of A-Z a-z 0-9 _ . -, got ${JSON.stringify(identity.tenant)}`,
        })
        throw new Refusal(CODE.internal, 'the server could not tell who the client is')
      }
      if (identity.expiresAt !== undefined && identity.expiresAt <= Date.now()) {
        throw new Refusal(CODE.tokenExpired, 'the credentials have expired')
      }
      return identity
    },
    async authorize({ identity, action, topics }) {
      if (!authorize) return () => true
      try {
        const answer = await limited('authorize', () => authorize({ user: identity.user, identity, action, topics }))
        if (typeof answer === 'boolean') return () => answer
        if (answer instanceof Map) return (topic) => answer.get(topic) === true
        const record = answer as Readonly<Record<string, boolean>>
        return (topic) => Object.hasOwn(record, topic) && record[topic] === true
      } catch (error) {
        if (error instanceof Refusal) throw error
        log({ level: 'error', message: 'authorize failed', error })
        throw new Refusal(CODE.internal, 'the server could not tell what the client may do', { retryMs: 1_000 })
      }
    },
  }
}
