'use client'
export type { TransportLabels } from './components/connection-labels.ts'
export { ConnectionBadge, type ConnectionBadgeProps, type ConnectionBadgeView } from './components/connection-badge.tsx'
export type { ConnectionLabels } from './components/connection-labels.ts'
export type { CopyLabels } from './components/copy-button.tsx'
export { EventLog, type EventLogLabels, type EventLogProps } from './components/event-log.tsx'
export { describeLogEntry, type LogLine } from './components/event-log-text.ts'
export { LiveChart, type LiveChartComponent, type LiveChartProps } from './components/live-chart.tsx'
export type { LiveChartLabels } from './components/series-chart.tsx'
export {
  PresenceList,
  type PresenceListComponent,
  type PresenceListLabels,
  type PresenceListProps,
} from './components/presence-list.tsx'
export type { RaceResult } from './components/race/figures.ts'
export type { RacePhase } from './components/race/run-race.ts'
export {
  ReconnectBanner,
  type ReconnectBannerLabels,
  type ReconnectBannerProps,
  type ReconnectBannerView,
} from './components/reconnect-banner.tsx'
export { TransportGuide, type TransportGuideLabels, type TransportGuideProps } from './components/transport-guide.tsx'
export type { ChoiceQuestion, GuideQuestions } from './components/transport-questions.tsx'
export {
  type TransportChoice,
  TransportPicker,
  type TransportPickerLabels,
  type TransportPickerProps,
} from './components/transport-picker.tsx'
export type { TransportRaceLabels } from './components/race/race-labels.ts'
export { TransportRace, type TransportRaceProps } from './components/transport-race.tsx'
