import { vi } from 'vitest'
import type { EndpointClient, EndpointMessage, EndpointSnapshot } from '../../src/endpoint/endpoint.ts'

/** Every message and every status of a client, from now on. */
export function collect(client: EndpointClient) {
  const messages: EndpointMessage[] = []
  const snapshots: EndpointSnapshot[] = [client.getSnapshot()]
  client.on('*', (message) => void messages.push(message))
  client.subscribe(() => void snapshots.push(client.getSnapshot()))
  return {
    messages,
    snapshots,
    get data() {
      return messages.map(({ data }) => data)
    },
    get statuses() {
      return snapshots.map(({ status }) => status)
    },
    get error() {
      return client.getSnapshot().error
    },
    status: (status: EndpointSnapshot['status']) =>
      vi.waitFor(
        () => {
          const snapshot = client.getSnapshot()
          if (snapshot.status !== status) throw new Error(`status is ${snapshot.status}: ${snapshot.error?.message}`)
          return snapshot
        },
        { timeout: 5000, interval: 5 },
      ),
  }
}

/** Waits for a fact. */
export const waitFor = (fact: () => void) => vi.waitFor(fact, { timeout: 5000, interval: 5 })
