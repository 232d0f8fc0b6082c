'use client'
import { type ReactNode, useSyncExternalStore } from 'react'
import type { RealtimeClient } from '../client/realtime-client.ts'
import { type ClientOptions, createClient } from '../create-client.ts'
import { createShared } from '../lib/shared.ts'
import { ClientContext } from './client-context.ts'
import { useKeyed } from './use-keyed.ts'

/** Either a client of your own, or what `createClient` takes; of the latter, only a new `url` makes a new client. */
export type RealtimeProviderProps = { readonly children?: ReactNode } & (
  | { readonly client: RealtimeClient; readonly url?: undefined }
  | ({ readonly client?: undefined } & ClientOptions)
)

/** How long a provider's own client outlives it, in milliseconds. */
const LINGER_MS = 5000

/**
 * Gives a client to all hooks below. A client of your own is left alone; one that the provider made of a `url` is
 * closed when the provider has been gone or hidden for a while, and opened again should it return.
 */
export function RealtimeProvider({ children, ...props }: RealtimeProviderProps): ReactNode {
  const owned = useKeyed([props.client ?? props.url], () => (props.client ? leave(props.client) : own(props)))
  const client = useSyncExternalStore(owned.subscribe, owned.getClient, owned.getClient)
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
}

interface Owned {
  readonly subscribe: () => () => void
  readonly getClient: () => RealtimeClient
}

const leave = (client: RealtimeClient): Owned => ({ subscribe: () => () => {}, getClient: () => client })

function own(options: ClientOptions): Owned {
  const client = createClient(options)
  let closed = false
  const { acquire } = createShared(() => {
    // Only what was closed here is opened here: a provider whose tree needs nothing opens nothing.
    if (closed) client.connect()
    return () => {
      closed = true
      client.disconnect()
    }
  }, LINGER_MS)
  return { subscribe: acquire, getClient: () => client }
}
