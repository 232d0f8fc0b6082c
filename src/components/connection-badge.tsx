'use client'
import {
  type ComponentPropsWithoutRef,
  forwardRef,
  type ForwardRefExoticComponent,
  type ReactNode,
  type RefAttributes,
} from 'react'
import type { ConnectionSnapshot } from '../client/connection-snapshot.ts'
import { classNames } from './class-name.ts'
import { CONNECTION_LABELS, type ConnectionLabels } from './connection-labels.ts'
import { useSecondsUntil } from './use-seconds-until.ts'
import { useSettledConnection } from './use-settled-connection.ts'

/** What a badge shows, for a render function. */
export interface ConnectionBadgeView {
  /** The connection, without troubles that are shorter than the grace. */
  readonly connection: ConnectionSnapshot
  /** The status in words. */
  readonly text: string
  /** Whole seconds until the next attempt; `null` where none is waited for. */
  readonly retryInSeconds: number | null
}

export interface ConnectionBadgeProps extends Omit<ComponentPropsWithoutRef<'span'>, 'children'> {
  /** A trouble that is over sooner is not shown, in milliseconds. @defaultValue 800 */
  readonly graceMs?: number
  /** Whether the transport is named while the connection is open. @defaultValue true */
  readonly showTransport?: boolean
  /** Whether the last round trip is shown. @defaultValue false */
  readonly showLatency?: boolean
  /** Texts that take the place of the English ones. */
  readonly labels?: Partial<ConnectionLabels>
  /** Renders what is in the badge, instead of lamp and texts. */
  readonly children?: (view: ConnectionBadgeView) => ReactNode
}

/**
 * The connection in a few words, with a countdown to the next attempt. Its status is a polite live region; the
 * countdown and the latency beside it are not read aloud each second.
 * ```tsx
 * <ConnectionBadge showLatency />
 * ```
 */
export const ConnectionBadge: ForwardRefExoticComponent<ConnectionBadgeProps & RefAttributes<HTMLSpanElement>> =
  forwardRef<HTMLSpanElement, ConnectionBadgeProps>(function ConnectionBadge(
    { graceMs = 800, showTransport = true, showLatency = false, labels, children, className, ...rest },
    ref,
  ) {
    const connection = useSettledConnection(graceMs)
    const retryAt = 'retryAt' in connection ? connection.retryAt : null
    const retryInSeconds = useSecondsUntil(retryAt)
    const texts = { ...CONNECTION_LABELS, ...labels }
    const { status, transport } = connection
    const text = texts[status] + (showTransport && transport ? texts.over(texts.transports[transport]) : '')
    const aside = (() => {
      if ('retryAt' in connection) return retryInSeconds ? texts.retryIn(retryInSeconds) : texts.retrying
      return showLatency && connection.status === 'open' && connection.latency !== null
        ? texts.latency(connection.latency)
        : ''
    })()
    return (
      <span {...rest} ref={ref} className={classNames('ew-badge', className)} data-status={status}>
        {children ? (
          <span role="status">{children({ connection, text, retryInSeconds })}</span>
        ) : (
          <>
            <span className="ew-lamp" aria-hidden="true" />
            <span role="status">{text}</span>
            {aside && <span className="ew-aside">{aside}</span>}
          </>
        )}
      </span>
    )
  })
