import {
  type ActionState,
  type EventLogResult,
  type LogEntry,
  type Message,
  type SendResult,
  skip,
  useEventLog,
  useRealtimeAction,
  useRealtimeSuspense,
  windowed,
} from 'everwire'
import type { FormHTMLAttributes } from 'react'
import { expectTypeOf, test } from 'vitest'

test('an action says how it stands, and gives its outcome', () => {
  const [state, run, reset] = useRealtimeAction<{ text: string }>('chat:lobby', 'message', { timeoutMs: 1000 })
  expectTypeOf(state).toEqualTypeOf<ActionState>()
  expectTypeOf(state.result).toEqualTypeOf<SendResult | null>()
  expectTypeOf(run({ text: 'hello' })).resolves.toEqualTypeOf<ActionState>()
  expectTypeOf(reset).toEqualTypeOf<() => void>()
  // @ts-expect-error the input is what it said it is
  void run({ txt: 'hello' })
  // @ts-expect-error a state is not to be changed
  state.isPending = true
})

test('an action is the action of a form where it takes one', () => {
  const [, post] = useRealtimeAction('chat:lobby', 'message', { toData: (form: FormData) => form.get('text') })
  expectTypeOf(post).toExtend<FormHTMLAttributes<HTMLFormElement>['action']>()
  const [, say] = useRealtimeAction('chat:lobby', 'message', { toData: (text: string) => ({ text }) })
  // @ts-expect-error this one takes a text
  const action: FormHTMLAttributes<HTMLFormElement>['action'] = say
  void action
})

test('what waits for its state has the same result', () => {
  const { data } = useRealtimeSuspense<number>('numbers', { last: 5 })
  expectTypeOf(data).toEqualTypeOf<readonly Message<number>[]>()
  expectTypeOf(useRealtimeSuspense(windowed<number>('numbers', 5)).data).toEqualTypeOf<readonly Message<number>[]>()
  expectTypeOf(useRealtimeSuspense('numbers', { initial: 0, reduce: (n: number) => n + 1 }).data).toBeNumber()
  // @ts-expect-error there is nothing to wait for
  useRealtimeSuspense(skip)
})

test('the kind of an entry tells what it has', () => {
  const log = useEventLog({ topics: ['numbers'], limit: 10, filter: ({ kind }) => kind === 'message' })
  expectTypeOf(log).toEqualTypeOf<EventLogResult>()
  expectTypeOf(log.entries).toEqualTypeOf<readonly LogEntry[]>()
  for (const entry of log.entries) {
    if (entry.kind === 'message') expectTypeOf(entry.message).toEqualTypeOf<Message>()
    // @ts-expect-error only an entry of a verdict has one
    else void entry.verdict
  }
  // @ts-expect-error entries are not to be changed
  log.entries.push(log.entries[0]!)
})
