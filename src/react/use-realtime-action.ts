'use client'
import { useCallback, useMemo, useState, useSyncExternalStore } from 'react'
import { type ActionState, createAction, IDLE_ACTION } from '../client/action.ts'
import type { KnownTopic, SendData, SendType, UnknownTopic } from '../client/contract-types.ts'
import { useLatest } from './use-effect-event.ts'
import { type SendDefaults, useSend } from './use-send.ts'

export interface ActionOptions<Input, Data> extends SendDefaults {
  /** Makes the message's data of what the action is called with, such as a form. @defaultValue as it is */
  readonly toData?: (input: Input) => Data
}

/** Sends, and resolves with how it ended. */
export interface RunAction<Input> {
  (input: Input): Promise<ActionState>
  /** As the action of a form. */
  (input: Input): Promise<void>
}

export type RealtimeAction<Input> = readonly [state: ActionState, run: RunAction<Input>, reset: () => void]

/**
 * Sends one type of message and says how that goes.
 * ```tsx
 * const [{ isPending, error }, post] = useRealtimeAction('chat:lobby', 'message', {
 *   toData: (form: FormData) => ({ text: form.get('text') }),
 * })
 * return <form action={post}>…</form>
 * ```
 * `run` never rejects with an `EverwireError`: it resolves with the outcome, so a form's action, `useActionState` and
 * `startTransition` need no try. (What `toData` throws it does reject with.) Its promise lasts until the server has the
 * message, and so does what `useOptimistic` shows meanwhile. It keeps its identity while topic and options do;
 * `toData` may be inline. Of several runs the one that was started last says what `result` and `error` are; `reset`
 * forgets both. Where a promise that rejects is better, take `useSend`.
 */
export function useRealtimeAction<
  const Topic extends KnownTopic,
  const Type extends SendType<Topic>,
  Input = SendData<Topic, Type>,
>(topic: Topic, type: Type, options?: ActionOptions<Input, SendData<Topic, Type>>): RealtimeAction<Input>
export function useRealtimeAction<Input = unknown, const Topic extends string = string>(
  topic: Topic & UnknownTopic<Topic>,
  type: string,
  options?: ActionOptions<Input, unknown>,
): RealtimeAction<Input>
export function useRealtimeAction(
  topic: string,
  type: string,
  { toData = asItIs, ...defaults }: ActionOptions<never, unknown> = {},
): RealtimeAction<never> {
  const send = useSend<string>(topic, defaults)
  const toDataNow = useLatest(toData)
  const [action] = useState(createAction)
  const state = useSyncExternalStore(action.subscribe, action.getState, getIdle)
  const run = useCallback(
    (input: never) => action.run(async () => send(type, toDataNow(input))),
    [action, send, type, toDataNow],
  ) as RunAction<never>
  return useMemo(() => Object.freeze([state, run, action.reset] as const), [state, run, action])
}

const asItIs = (input: unknown): unknown => input

const getIdle = () => IDLE_ACTION
