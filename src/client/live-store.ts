import type { Flush } from '../lib/flush.ts'
import { createScope } from '../lib/scope.ts'
import { offerState, renderedState } from './dehydrated.ts'
import type { Live } from './live.ts'
import type { Message } from './message.ts'
import { placeAfter } from './place-after.ts'
import type { RealtimeClient } from './realtime-client.ts'
import { createStateStore, shareStore, type StateHandle, type StateStore, type StateStores } from './state-store.ts'

declare const process: { readonly env: { readonly NODE_ENV?: string } } | undefined

/** The state of a live definition, shared by all who ask for the same key of the same client. */
export interface LiveStore<State> extends StateHandle<State, LiveWorker<State>> {
  /** From now on the store of this key works by this definition; the newest one is right after an edit. */
  adopt(this: void, definition: Live<State, never>): void
}

/** What a running store works by. */
interface LiveWorker<State> extends StateStore<State> {
  definition: Live<State, never>
}

const storesOf = new WeakMap<RealtimeClient, StateStores>()
const replaced = new Set<string>()
const warned = new Set<string>()

/**
 * The store of a definition. It subscribes to the topic with its first subscriber and unsubscribes `keepAliveMs` after
 * its last one; asking for it starts and keeps nothing.
 */
export function liveStoreOf<State>(
  client: RealtimeClient,
  definition: Live<State, never>,
  flush: Flush = 'sync',
): LiveStore<State> {
  const { key } = definition
  const stores: StateStores = storesOf.get(client) ?? new Map()
  storesOf.set(client, stores)
  const handle = shareStore<State, LiveWorker<State>>(stores, key, flush, () => createLiveStore(client, definition))
  return {
    ...handle,
    adopt(next) {
      const worker = handle.find()
      if (typeof process !== 'undefined' && process.env.NODE_ENV !== 'production')
        watchTurns(worker.definition as never, next as never)
      worker.definition = next
    },
  }
}

/**
 * After an edit the old definition never returns; two that take turns are both in use. Those with the same text are the
 * same one: what is inline is another object in each render, and effects run twice in development.
 */
function watchTurns(before: Live<never, never>, next: Live<never, never>): void {
  const { key, topic, name } = next
  const [text, nextText] = [textOf(before), textOf(next)]
  if (text === nextText) return
  replaced.add(text)
  if (!replaced.has(nextText) || warned.has(key)) return
  warned.add(key)
  console.warn(
    `two live definitions of "${topic}" share the name "${name}" and so one state: give each its own name, ` +
      'with `live({ topic, name, … })` where the reducer was inline',
  )
}

const textOf = ({ key, reduce }: Live<never, never>): string => `${key} ${String(reduce)}`

function createLiveStore<State>(client: RealtimeClient, definition: Live<State, never>): LiveWorker<State> {
  const { key, topic, initial, keepAliveMs, gcMs } = definition
  const rendered = renderedState(client, key)
  let lastId = rendered?.id ?? ''

  const offer = () =>
    offerState(client, key, {
      read() {
        const { status, data } = store.view('sync').getSnapshot()
        const complete = rendered || (status !== 'idle' && status !== 'connecting' && status !== 'error')
        return complete ? { data, id: lastId } : undefined
      },
      expired: () => store.expired(),
    })

  const store = createStateStore<State>({
    initial: rendered ? (rendered.data as State) : initial,
    rendered: rendered !== undefined,
    lingerMs: keepAliveMs,
    gcMs,
    start({ update, setStatus }) {
      // After a pause the history comes again. What was reduced before the pause is not reduced twice, and where
      // something in between is gone the state starts afresh.
      let resumeFrom = lastId
      function onMessage(message: Message): void {
        if (resumeFrom) {
          const place = placeAfter(resumeFrom, message.id)
          if (message.id === resumeFrom) resumeFrom = ''
          if (place === 'seen') return
          if (message.replayed && place !== 'next') update(() => worker.definition.initial, 'later')
          resumeFrom = ''
        }
        lastId = message.id
        // History is shown as one, with the status or the frame that follows it.
        const urgency = message.replayed ? 'later' : 'soon'
        update((state) => worker.definition.reduce(state, message as Message<never>), urgency)
      }
      function judge(): void {
        const connection = client.connection.getSnapshot()
        const status = client.topicStatus(topic)
        if (connection.status === 'failed') setStatus(connection.error)
        else setStatus(status === 'joining' || status === 'idle' ? 'connecting' : status)
      }
      // Not before somebody wants it: what is rendered and thrown away leaves nothing.
      offer()
      const scope = createScope()
      scope.defer(
        client.listen(topic, {
          replay: worker.definition.replay,
          idleMs: keepAliveMs,
          onMessage,
          onReset() {
            lastId = resumeFrom = ''
            // Shown together with the history that follows, else lists would flash empty.
            update(() => worker.definition.initial, 'later')
          },
          onSnapshot({ id, data }) {
            const { restore } = worker.definition
            if (!restore) return
            lastId = id
            resumeFrom = ''
            update(() => restore(data))
          },
          onStatus: judge,
        }),
      )
      scope.defer(client.connection.subscribe(judge))
      judge()
      return scope.stop
    },
  })
  const worker: LiveWorker<State> = { ...store, definition }
  if (rendered) offer()
  return worker
}
