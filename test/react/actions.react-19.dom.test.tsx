import { act, configure, fireEvent, render, screen } from '@testing-library/react'
import { type ReactNode, useActionState, useOptimistic } from 'react'
import { expect, test } from 'vitest'
import type { ActionState } from '../../src/client/action.ts'
import type { Message } from '../../src/client/message.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { useRealtimeAction } from '../../src/react/use-realtime-action.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { useSend } from '../../src/react/use-send.ts'
import { createFakeClient, type FakeClient } from '../support/fake-client.ts'
import { holdSends } from '../support/hold-sends.ts'

configure({ reactStrictMode: true })

function show(client: FakeClient, children: ReactNode) {
  render(<ClientContext.Provider value={client}>{children}</ClientContext.Provider>)
  return { submit: () => act(async () => void fireEvent.submit(screen.getByRole('form'))) }
}

const STORED = { id: 'epoch.1-tag', duplicate: false }
const textOf = (form: FormData) => ({ text: form.get('text') })

test('is the action of a form: pending is shown while it lasts, and the form is emptied at its end', async () => {
  const client = createFakeClient()
  const sends = holdSends(client)
  function Writes() {
    const [{ isPending, error }, post] = useRealtimeAction('chat:lobby', 'message', { toData: textOf })
    return (
      <form action={post} aria-label="write">
        <input name="text" />
        <output>{isPending ? 'pending' : (error?.message ?? 'calm')}</output>
      </form>
    )
  }
  const { submit } = show(client, <Writes />)
  const input = screen.getByRole<HTMLInputElement>('textbox')
  input.value = 'hello'
  await submit()
  expect(sends[0]!.data).toEqual({ text: 'hello' })
  expect(screen.getByRole('status')).toHaveTextContent('pending')
  expect(input.value).toBe('hello')
  await act(async () => sends[0]!.resolve(STORED))
  expect(screen.getByRole('status')).toHaveTextContent('calm')
  expect(input.value).toBe('')
  await submit()
  await act(async () => sends[1]!.reject(new EverwireError('offline', 'no network')))
  expect(screen.getByRole('status')).toHaveTextContent('no network')
})

test('goes into useActionState, with its outcome as the state', async () => {
  const client = createFakeClient()
  const sends = holdSends(client)
  function Writes() {
    const [idle, post] = useRealtimeAction('chat:lobby', 'message', { toData: textOf })
    const [{ result }, submit, isPending] = useActionState(
      (_: ActionState, form: FormData): Promise<ActionState> => post(form),
      idle,
    )
    return (
      <form action={submit} aria-label="write">
        <input name="text" defaultValue="hello" />
        <output>{isPending ? 'pending' : (result?.id ?? 'calm')}</output>
      </form>
    )
  }
  const { submit } = show(client, <Writes />)
  await submit()
  expect(screen.getByRole('status')).toHaveTextContent('pending')
  await act(async () => sends[0]!.resolve(STORED))
  expect(screen.getByRole('status')).toHaveTextContent(STORED.id)
})

test('useOptimistic shows a message until the server has it, and takes it back where it is refused', async () => {
  const client = createFakeClient()
  const sends = holdSends(client)
  function Chat() {
    const { data: messages } = useRealtime<{ text: string }>('chat:lobby', { flush: 'sync' })
    const [texts, addText] = useOptimistic(
      messages.map(({ data }: Message<{ text: string }>) => data.text),
      (shown, text: string) => [...shown, `${text}…`],
    )
    const [{ error }, post] = useRealtimeAction('chat:lobby', 'message', { toData: textOf })
    return (
      <form
        action={async (form) => {
          addText(form.get('text') as string)
          await post(form)
        }}
        aria-label="write"
      >
        <input name="text" defaultValue="hello" />
        <output>{texts.join(' ')}</output>
        {error && <p role="alert">{error.message}</p>}
      </form>
    )
  }
  const { submit } = show(client, <Chat />)
  const shown = () => screen.getByRole('status').textContent
  await submit()
  expect(shown()).toBe('hello…')
  await act(async () => {
    client.emit('chat:lobby', 'message', { text: 'hello' })
    sends[0]!.resolve(STORED)
  })
  expect(shown()).toBe('hello')
  await submit()
  expect(shown()).toBe('hello hello…')
  await act(async () => sends[1]!.reject(new EverwireError('rejected', 'too long')))
  expect(shown()).toBe('hello')
  expect(screen.getByRole('alert')).toHaveTextContent('too long')
})

test('a send of useSend is an action too', async () => {
  const client = createFakeClient()
  const sends = holdSends(client)
  function Writes() {
    const send = useSend('chat:lobby')
    const [id, submit, isPending] = useActionState(
      async (_: string, form: FormData) => (await send('message', textOf(form))).id,
      'calm',
    )
    return (
      <form action={submit} aria-label="write">
        <output>{isPending ? 'pending' : id}</output>
      </form>
    )
  }
  const { submit } = show(client, <Writes />)
  await submit()
  expect(screen.getByRole('status')).toHaveTextContent('pending')
  await act(async () => sends[0]!.resolve(STORED))
  expect(screen.getByRole('status')).toHaveTextContent(STORED.id)
})
