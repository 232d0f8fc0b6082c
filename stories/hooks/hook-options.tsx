import type {
  ActionOptions,
  EventLogOptions,
  PresenceHookOptions,
  RealtimeEventOptions,
  ReduceOptions,
  SendDefaults,
  UseEventStreamOptions,
  UseLongPollOptions,
  UseWebSocketOptions,
} from 'everwire'
import type { FC } from 'react'
import type { InputType } from 'storybook/internal/types'

// Hooks are no components: these stand for them, so that the docs have a table of the options, read from the types.

export const UseRealtimeOptions: FC<ReduceOptions<unknown, unknown, unknown>> = () => null
export const UseRealtimeEventOptions: FC<RealtimeEventOptions> = () => null
export const UseSendOptions: FC<SendDefaults> = () => null
export const UseRealtimeActionOptions: FC<ActionOptions<FormData, unknown>> = () => null
export const UseEventLogOptions: FC<EventLogOptions> = () => null
export const UsePresenceOptions: FC<PresenceHookOptions> = () => null
export const WebSocketOptionsTable: FC<UseWebSocketOptions> = () => null
export const EventStreamOptionsTable: FC<UseEventStreamOptions> = () => null
export const LongPollOptionsTable: FC<UseLongPollOptions> = () => null

/** What has no control: functions, and what a story decides by itself. */
export const FIXED: InputType = { control: false }

/** Controls of the options that several hooks have in common. */
export const CONTROLS = {
  flush: { control: 'select', options: ['frame', 'sync', 250, 1000] },
  last: { control: { type: 'number', min: 0, max: 100 } },
  timeoutMs: { control: { type: 'number', min: 100, step: 100 } },
  whenOffline: { control: 'inline-radio', options: ['queue', 'reject', 'drop'] },
  replay: {
    control: 'select',
    options: ['none', 'missed', 'the last 10'],
    mapping: { 'the last 10': { last: 10 } },
  },
} as const satisfies Record<string, InputType>
