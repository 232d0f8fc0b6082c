import { createClient } from 'everwire'

const params = new URLSearchParams(location.search)

/** Names this page's connections, so that breaking them breaks nobody else's. New with each load. */
export const clientId: string = params.get('client') ?? crypto.randomUUID()

export const room: string = params.get('room') ?? 'lobby'

/** The name of the ticker, which is also its seed. */
export const marketName: string = params.get('market') ?? 'all'

export const client = createClient({
  url: `/realtime/~${clientId}`,
  // Short enough to watch; a real page has no hurry to climb.
  ladder: { climb: { minMs: 1000, maxMs: 8000 } },
  // Each load is another client, so there is nothing to remember.
  storage: false,
})
