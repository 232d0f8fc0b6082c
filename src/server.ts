export { createRealtimeServer } from './server/create-server.ts'
export type { PathOptions, Published, PublishToOptions, RealtimeServer, ServerStats } from './server/realtime-server.ts'
export { createMemoryEngine, memoryBackplane } from './server/backplane/memory.ts'
export type { MemoryEngine, MemoryEngineOptions } from './server/backplane/memory.ts'
export type {
  Backplane,
  BackplaneEvents,
  HistoryOptions,
  PresenceDiff,
  PresenceMember,
  Previous,
  PublishOptions,
  PublishResult,
  Since,
  Stored,
} from './server/backplane/contract.ts'
export type {
  Authorization,
  AuthorizeRequest,
  ClientMessage,
  ClientTransport,
  ConnectRequest,
  Identity,
  LogEntry,
  RealtimeServerOptions,
  TopicOptions,
} from './server/options.ts'
export type { ServerLimits } from './server/limits.ts'
export { CODE } from './protocol/codes.ts'
export type { Code } from './protocol/codes.ts'
export { EverwireError } from './protocol/errors.ts'
export type { Position } from './protocol/position.ts'
