import { EverwireError } from '../../protocol/errors.ts'
import type { ClientFrame, ServerFrame, ServerLimits } from '../../protocol/frame.ts'
import type { ConnectionSnapshot } from '../connection-snapshot.ts'
import type { Subs } from '../topics.ts'

// What tabs of one group say to each other. All of it is heard by all of them; `to` names for whom it is.

/** From a tab to whoever leads. */
export type TabMessage = { readonly to: 'hub'; readonly from: string } & (
  | { readonly say: 'join'; readonly subs: Subs }
  | { readonly say: 'frames'; readonly frames: readonly ClientFrame[] }
  | { readonly say: 'leave' | 'ping' | 'reconnect' }
)

/** From the hub of the tab that leads. `hub` rises with each tab that leads: a tab that does not know yet that another one took over is not heard. */
export type HubMessage = { readonly hub: number } & (
  | { readonly to: 'all'; readonly say: 'state'; readonly state: HubState }
  /** `to`: one tab, or all that follow the topic. */
  | { readonly to: string; readonly say: 'frames'; readonly frames: readonly ServerFrame[] }
  | { readonly to: 'all'; readonly say: 'pong' }
)

/** The connection that all tabs share. */
export interface HubState {
  readonly snapshot: ConnectionSnapshot
  readonly limits: ServerLimits | undefined
}

interface FlatError {
  readonly code: EverwireError['code']
  readonly message: string
  readonly retryable: boolean
  readonly status: number | undefined
}

/** Structured clones of errors lose their class and fields. */
export function flatten(snapshot: ConnectionSnapshot): ConnectionSnapshot {
  const { error } = snapshot
  if (!error) return snapshot
  const { code, message, retryable, status } = error
  return {
    ...snapshot,
    error: { code, message, retryable, status } satisfies FlatError,
  } as unknown as ConnectionSnapshot
}

export function revive(snapshot: ConnectionSnapshot): ConnectionSnapshot {
  const error = snapshot.error as FlatError | null
  if (!error) return snapshot
  const { code, message, retryable, status } = error
  const revived = new EverwireError(code, message, { retryable, ...(status !== undefined && { status }) })
  return { ...snapshot, error: revived } as ConnectionSnapshot
}
