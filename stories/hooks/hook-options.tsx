import type {
  RealtimeEventOptions,
  ReduceOptions,
  UseEventStreamOptions,
  UseLongPollOptions,
  UseWebSocketOptions,
} from 'everwire'
import type { FC } from 'react'

// Hooks are no components: these stand for them, so that the docs have a table of the options, read from the types.

export const UseRealtimeOptions: FC<ReduceOptions<unknown, unknown, unknown>> = () => null
export const UseRealtimeEventOptions: FC<RealtimeEventOptions> = () => null
export const WebSocketOptionsTable: FC<UseWebSocketOptions> = () => null
export const EventStreamOptionsTable: FC<UseEventStreamOptions> = () => null
export const LongPollOptionsTable: FC<UseLongPollOptions> = () => null
