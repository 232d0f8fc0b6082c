'use client'
export type { ActionState } from './client/action.ts'
export type { LogEntry, LogSnapshot } from './client/event-log.ts'
export type { LiveSnapshot, LiveStatus } from './client/state-store.ts'
export type { Flush } from './lib/flush.ts'
export { RealtimeProvider, type RealtimeProviderProps } from './react/realtime-provider.tsx'
export { useRealtimeClient } from './react/client-context.ts'
export { skip, type Skip } from './react/skip.ts'
export { useConnection } from './react/use-connection.ts'
export { type EventLogOptions, type EventLogResult, useEventLog } from './react/use-event-log.ts'
export type { EndpointHookOptions, EndpointReduceOptions } from './react/use-endpoint.ts'
export { type EventStreamResult, useEventStream, type UseEventStreamOptions } from './react/use-event-stream.ts'
export type { LiveResult, ReadOptions } from './react/use-live-result.ts'
export { type LongPollResult, useLongPoll, type UseLongPollOptions } from './react/use-long-poll.ts'
export { type PresenceHookOptions, usePresence } from './react/use-presence.ts'
export { type PresenceListOptions, usePresenceList } from './react/use-presence-list.ts'
export { usePresenceMember } from './react/use-presence-member.ts'
export {
  type ActionOptions,
  type RealtimeAction,
  type RunAction,
  useRealtimeAction,
} from './react/use-realtime-action.ts'
export { useRealtimeSuspense } from './react/use-realtime-suspense.ts'
export { type RealtimeEventOptions, useRealtimeEvent } from './react/use-realtime-event.ts'
export {
  type RealtimeResult,
  type ReduceOptions,
  type Reduction,
  useRealtime,
  type WindowOptions,
} from './react/use-realtime.ts'
export { type Send, type SendDefaults, useSend } from './react/use-send.ts'
export { useWebSocket, type UseWebSocketOptions, type WebSocketResult } from './react/use-web-socket.ts'
export * from './client.ts'
