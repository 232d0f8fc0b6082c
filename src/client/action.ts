import { createStore } from '../lib/store.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { SendResult } from './realtime-client.ts'

/** How an action stands. */
export interface ActionState {
  readonly isPending: boolean
  /** Where the message was stored, `null` before that. */
  readonly result: SendResult | null
  /** Why it was not, `null` where nothing went wrong. */
  readonly error: EverwireError | null
}

export const IDLE_ACTION: ActionState = Object.freeze({ isPending: false, result: null, error: null })

/** What somebody does again and again, and how that stands. */
export interface Action {
  subscribe(this: void, listener: () => void): () => void
  getState(this: void): ActionState
  /** Resolves with the outcome. Rejects with what is no `EverwireError`. */
  run(start: () => Promise<SendResult>): Promise<ActionState>
  /** Forgets outcomes, also those to come of what runs now. */
  reset(this: void): void
}

/** A store of its own, since React shows what is set in a form's action only when that action is over. */
export function createAction(): Action {
  const store = createStore(IDLE_ACTION)
  let running = 0
  let started = 0
  let settled = 0

  /** Shows an outcome unless that of a later turn is shown already. */
  function show(turn: number, { result, error }: Pick<ActionState, 'result' | 'error'>): void {
    const newest = turn >= settled
    if (newest) settled = turn
    store.set(Object.freeze({ ...(newest ? { result, error } : store.get()), isPending: running > 0 }))
  }

  return {
    subscribe: store.subscribe,
    getState: store.get,
    reset: () => show(++started, IDLE_ACTION),
    async run(start) {
      const turn = ++started
      running++
      store.set(Object.freeze({ ...store.get(), isPending: true }))
      let outcome: ActionState = IDLE_ACTION
      try {
        outcome = { ...IDLE_ACTION, result: await start() }
      } catch (error) {
        if (!(error instanceof EverwireError)) throw error
        outcome = { ...IDLE_ACTION, error }
      } finally {
        running--
        show(turn, outcome)
      }
      return outcome
    },
  }
}
