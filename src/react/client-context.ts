'use client'
import { type Context, createContext, useContext } from 'react'
import type { RealtimeClient } from '../client/realtime-client.ts'

export const ClientContext: Context<RealtimeClient | null> = createContext<RealtimeClient | null>(null)

/**
 * The client of the nearest provider.
 * @throws Error where there is no provider above
 */
export function useRealtimeClient(): RealtimeClient {
  const client = useContext(ClientContext)
  if (!client) throw new Error('expected a <RealtimeProvider> above this component, found none: wrap your app in one')
  return client
}
