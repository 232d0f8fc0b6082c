'use client'
import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type ForwardRefExoticComponent,
  type ReactNode,
  type RefAttributes,
} from 'react'
import type { ConnectionSnapshot } from '../client/connection-snapshot.ts'
import { useRealtimeClient } from '../react/client-context.ts'
import { classNames } from './class-name.ts'
import { useSecondsUntil } from './use-seconds-until.ts'
import { useSettledConnection } from './use-settled-connection.ts'

/** Every text of a banner. */
export interface ReconnectBannerLabels {
  readonly reconnecting: string
  readonly offline: string
  readonly failed: (connection: Extract<ConnectionSnapshot, { status: 'failed' }>) => string
  readonly retryIn: (seconds: number) => string
  readonly retrying: string
  readonly retryNow: string
}

const LABELS: ReconnectBannerLabels = {
  reconnecting: 'The connection is lost. What you see may be out of date.',
  offline: 'You are offline. What you see may be out of date.',
  failed: ({ error }) => `The server ended the connection: ${error.message}`,
  retryIn: (seconds) => `Retrying in ${seconds} s`,
  retrying: 'Retrying now',
  retryNow: 'Retry now',
}

export interface ReconnectBannerView {
  readonly connection: Extract<ConnectionSnapshot, { status: 'reconnecting' | 'offline' | 'failed' }>
  /** Whole seconds until the next attempt; `null` where none is waited for. */
  readonly retryInSeconds: number | null
  /** Tries at once, with back-off forgotten. */
  readonly retryNow: () => void
}

export interface ReconnectBannerProps extends Omit<ComponentPropsWithoutRef<'div'>, 'children'> {
  /** How long the connection is away before the banner shows, in milliseconds. @defaultValue 3000 */
  readonly afterMs?: number
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<ReconnectBannerLabels>
  /** Renders the banner's content while there is trouble. */
  readonly children?: (view: ReconnectBannerView) => ReactNode
}

/**
 * Says that the connection has been away for a while, when the next attempt comes, and lets people try at once. Empty
 * while all is well: its place is kept so that screen readers hear the trouble.
 * ```tsx
 * <ReconnectBanner afterMs={5000} />
 * ```
 */
export const ReconnectBanner: ForwardRefExoticComponent<ReconnectBannerProps & RefAttributes<HTMLDivElement>> =
  forwardRef<HTMLDivElement, ReconnectBannerProps>(function ReconnectBanner(
    { afterMs = 3000, labels, children, className, ...rest },
    ref,
  ) {
    const client = useRealtimeClient()
    const connection = useSettledConnection(afterMs)
    const retryInSeconds = useSecondsUntil('retryAt' in connection ? connection.retryAt : null)
    const texts = { ...LABELS, ...labels }
    const { status } = connection
    const trouble = status === 'reconnecting' || status === 'offline' || status === 'failed' ? connection : null
    const text = !trouble ? '' : trouble.status === 'failed' ? texts.failed(trouble) : texts[trouble.status]
    const retryNow = () => client.reconnect()
    return (
      <div
        {...rest}
        ref={ref}
        className={classNames('ew-banner', className)}
        data-status={trouble ? status : undefined}
      >
        {children ? (
          <div role="status">{trouble && children({ connection: trouble, retryInSeconds, retryNow })}</div>
        ) : (
          <>
            <p role="status">{text}</p>
            {trouble && trouble.status !== 'failed' && (
              <span className="ew-aside">{retryInSeconds ? texts.retryIn(retryInSeconds) : texts.retrying}</span>
            )}
            {trouble && (
              <button type="button" className="ew-button" onClick={retryNow}>
                {texts.retryNow}
              </button>
            )}
          </>
        )}
      </div>
    )
  })
