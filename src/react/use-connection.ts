'use client'
import type { ConnectionSnapshot } from '../client/connection-snapshot.ts'
import { useRealtimeClient } from './client-context.ts'
import { useProjected } from './use-projected.ts'

const IDLE: ConnectionSnapshot = Object.freeze({ status: 'idle', transport: null, error: null, trail: [] })
const getServerSnapshot = () => IDLE
const whole = (connection: ConnectionSnapshot): unknown => connection

/**
 * The connection: its status, transport, latency and the verdicts about transports.
 * @param select - renders only when what it returns changes
 */
export function useConnection(): ConnectionSnapshot
export function useConnection<Selected>(
  select: (connection: ConnectionSnapshot) => Selected,
  isEqual?: (a: Selected, b: Selected) => boolean,
): Selected
export function useConnection(
  select: (connection: ConnectionSnapshot) => unknown = whole,
  isEqual: (a: unknown, b: unknown) => boolean = Object.is,
): unknown {
  const { subscribe, getSnapshot } = useRealtimeClient().connection
  return useProjected({ subscribe, getSnapshot, getServerSnapshot }, select, isEqual)
}
