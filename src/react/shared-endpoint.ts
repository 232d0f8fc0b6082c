import { appended } from '../lib/appended.ts'
import {
  createStateStore,
  initialSnapshot,
  type LiveSnapshot,
  shareStore,
  type StateStores,
} from '../client/state-store.ts'
import type { EndpointClient, EndpointMessage } from '../endpoint/endpoint.ts'
import type { EndpointUrl } from '../endpoint/resolve-url.ts'
import type { Flush } from '../lib/flush.ts'
import { createScope } from '../lib/scope.ts'
import { createShared } from '../lib/shared.ts'

/** How long an endpoint outlives the last component that uses it, in milliseconds. */
const LINGER_MS = 5000

/** How an endpoint's messages become a state. */
export interface Reduction {
  readonly last: number
  readonly initial?: unknown
  readonly reduce?: ((state: never, message: EndpointMessage) => unknown) | undefined
}

export type CreateEndpoint<Options, Client> = (url: EndpointUrl, options: Options) => Client

/** A kind of endpoint, and those of it that are in use. */
export interface EndpointKind<Options extends object, Client extends EndpointClient> {
  readonly create: CreateEndpoint<Options, Client>
  readonly connections: Map<string, Connection<Options, Client>>
  readonly stores: StateStores
}

export const endpointKind = <Options extends object, Client extends EndpointClient>(
  create: CreateEndpoint<Options, Client>,
): EndpointKind<Options, Client> => ({ create, connections: new Map(), stores: new Map() })

interface Connection<Options, Client> {
  readonly client: Client
  /** Of the component that rendered last; its functions are called. */
  latest: { readonly url: EndpointUrl; readonly options: Options }
  readonly acquire: () => () => void
}

/** One endpoint as a component uses it. */
export interface EndpointReader<Options, Client> {
  readonly subscribe: (listener: () => void) => () => void
  readonly getSnapshot: () => LiveSnapshot<never>
  readonly getServerSnapshot: () => LiveSnapshot<never>
  /** Hears every message until stopped. */
  listen(onMessage: (message: EndpointMessage) => void): () => void
  /** Uses the client, opened for it where it was not. */
  withClient<Result>(run: (client: Client) => Result): Result
  adopt(url: EndpointUrl, options: Options): void
}

/** @param key - of the URL and the options, see `endpointKey` */
export function readEndpoint<Options extends object, Client extends EndpointClient>(
  kind: EndpointKind<Options, Client>,
  key: string,
  url: EndpointUrl,
  options: Options,
  { last, initial, reduce }: Reduction,
  flush: Flush,
): EndpointReader<Options, Client> {
  const { connections, stores } = kind
  let latest = { url, options }
  const seed = (reduce ? initial : NO_MESSAGES) as never
  const step = reduce ?? ((messages: readonly EndpointMessage[], message) => appended(messages, message, last))
  // Components with reducers of their own share the connection, not the state.
  const { subscribe, getSnapshot, acquire } = shareStore<never>(stores, `${key} ${String(reduce ?? last)}`, flush, () =>
    createStateStore<never>({
      initial: seed,
      lingerMs: LINGER_MS,
      gcMs: 0,
      start({ update, setStatus }) {
        const scope = createScope()
        const connection = connections.get(key) ?? connect(kind, key, latest)
        const { client } = connection
        const judge = () => {
          const { status, error } = client.getSnapshot()
          setStatus(status === 'failed' ? error : STATUS[status])
        }
        scope.defer(connection.acquire())
        scope.defer(client.on('*', (message) => update((state) => step(state, message) as never)))
        scope.defer(client.subscribe(judge))
        judge()
        return scope.stop
      },
    }),
  )
  const first = initialSnapshot(seed)
  function withClient<Result>(run: (client: Client) => Result): Result {
    const release = acquire()
    try {
      return run(connections.get(key)!.client)
    } finally {
      release()
    }
  }
  return {
    subscribe,
    getSnapshot,
    getServerSnapshot: () => first,
    listen(onMessage) {
      const release = acquire()
      const off = connections.get(key)!.client.on('*', onMessage)
      return () => {
        off()
        release()
      }
    },
    withClient,
    adopt(newUrl, newOptions) {
      latest = { url: newUrl, options: newOptions }
      const connection = connections.get(key)
      if (connection) connection.latest = latest
    },
  }
}

const NO_MESSAGES: readonly EndpointMessage[] = []

const STATUS = {
  idle: 'idle',
  connecting: 'connecting',
  open: 'live',
  reconnecting: 'connecting',
  closed: 'ended',
} as const

function connect<Options extends object, Client extends EndpointClient>(
  { create, connections }: EndpointKind<Options, Client>,
  key: string,
  latest: Connection<Options, Client>['latest'],
): Connection<Options, Client> {
  const delegates = Object.entries(latest.options).map(([name, value]: [string, unknown]) => [
    name,
    // Names of constructors begin with a capital letter.
    typeof value === 'function' && /^[a-z]/.test(name)
      ? (...args: unknown[]) =>
          (connection.latest.options as Record<string, (...args: unknown[]) => unknown>)[name]!(...args)
      : value,
  ])
  const url = typeof latest.url === 'function' ? () => (connection.latest.url as () => string)() : latest.url
  const connection: Connection<Options, Client> = {
    latest,
    client: create(url, { ...(Object.fromEntries(delegates) as Options), autoConnect: false }),
    acquire: createShared(() => {
      connection.client.connect()
      return () => {
        connections.delete(key)
        connection.client.close()
      }
    }, 0).acquire,
  }
  connections.set(key, connection)
  return connection
}
