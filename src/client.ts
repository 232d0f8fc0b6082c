export type { ConnectionSnapshot, ConnectionStatus } from './client/connection-snapshot.ts'
export { type Contract, type ContractShape, defineContract, type TopicShape } from './client/contract.ts'
export type {
  EventType,
  KnownTopic,
  MessageOf,
  Register,
  SendData,
  SendTo,
  SendType,
  TopicRef,
  TopicTypes,
  TypedMessage,
} from './client/contract-types.ts'
export type { SchemaIssue, StandardSchema } from './client/standard-schema.ts'
export { withContract, type WithContractOptions } from './client/with-contract.ts'
export type { Dehydrated, DehydratedState } from './client/dehydrated.ts'
export { type Live, latest, live, type LiveOptions, windowed } from './client/live.ts'
export type { Message, Reset, TopicStatus } from './client/message.ts'
export type { ClientOutboxOptions, OutboxStore, StoredSend, WhenOffline } from './client/outbox-options.ts'
export type { BufferCounts, BufferOptions, Overflow, StreamReset } from './client/overflow.ts'
export type { MessageStream, StreamOptions } from './client/stream.ts'
export type {
  PresenceMember,
  PresenceOptions,
  PresenceSnapshot,
  PresenceStatus,
  TopicPresence,
} from './client/presence-snapshot.ts'
export { preload } from './client/preload.ts'
export type { RealtimeClient, Replay, SendOptions, SendResult, TopicListener } from './client/realtime-client.ts'
export {
  type Pitfall,
  type PitfallName,
  type RankedTransport,
  recommendTransport,
  type TransportRecommendation,
  type TransportRequirements,
} from './client/recommend-transport.ts'
export type { TransportName } from './client/transport.ts'
export { explainVerdict, type Verdict, type VerdictReason } from './client/verdict.ts'
export { type ClientOptions, createClient } from './create-client.ts'
export type {
  AnyMessage,
  EndpointClient,
  EndpointMessage,
  EndpointOptions,
  EndpointSnapshot,
  EndpointStatus,
  MessageTypes,
  RetryOptions,
} from './endpoint/endpoint.ts'
export {
  createEventStreamClient,
  type EventStreamClient,
  type EventStreamOptions,
} from './endpoint/event-stream-client.ts'
export {
  createLongPollClient,
  type LongPollClient,
  type LongPollOptions,
  type PollAnswer,
} from './endpoint/long-poll-client.ts'
export type { EndpointUrl } from './endpoint/resolve-url.ts'
export { createWebSocketClient } from './endpoint/web-socket-client.ts'
export type {
  Codec,
  OutboxOptions,
  PingOptions,
  WebSocketClient,
  WebSocketClose,
  WebSocketOptions,
} from './endpoint/web-socket-options.ts'
export type { LadderOptions, LadderStorage, TokenRequest } from './client/options.ts'
export type { Transport } from './client/transport.ts'
export { longPoll, type LongPollOptions as LongPollTransportOptions } from './transports/long-poll.ts'
export { plain, type PlainOptions } from './transports/plain.ts'
export type { PlainMessage, PlainSend, PlainSource } from './transports/plain/message.ts'
export { eventStream, type EventStreamOptions as EventStreamTransportOptions } from './transports/sse.ts'
export {
  type WebSocketConstructor,
  webSocket,
  type WebSocketOptions as WebSocketTransportOptions,
} from './transports/websocket.ts'
export { type ErrorCode, EverwireError } from './protocol/errors.ts'
