import type { Meta, StoryObj } from '@storybook/react-vite'
import { type ActionState, type SendDefaults, useConnection, useRealtime, useRealtimeAction } from 'everwire'
import { type ReactNode, startTransition, useActionState, useOptimistic } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { CutAndMend } from '../support/away.tsx'
import { useStory } from '../support/story.ts'
import { CONTROLS, FIXED, UseRealtimeActionOptions } from './hook-options.tsx'

/**
 * Sends one type of message and says how that goes: the action of a form, or the inside of `useActionState` and
 * `useOptimistic`. `run` resolves with the outcome and never rejects with an `EverwireError`.
 */
const meta: Meta<typeof UseRealtimeActionOptions> = {
  title: 'Hooks/useRealtimeAction',
  component: UseRealtimeActionOptions,
  parameters: { everwire: { transport: 'websocket' } },
  argTypes: {
    timeoutMs: CONTROLS.timeoutMs,
    whenOffline: CONTROLS.whenOffline,
    toData: FIXED,
    signal: FIXED,
  },
  args: { timeoutMs: 30_000, whenOffline: 'queue' },
}
export default meta
type Story = StoryObj<typeof UseRealtimeActionOptions>

/** The room around a form: what was said, and switches for the line. */
function Room({ children }: { readonly children: ReactNode }) {
  const { topic } = useStory()
  const status = useConnection((connection) => connection.status)
  const { data: messages } = useRealtime<ChatMessage>(topic('chat'), { last: 10 })
  return (
    <section className="card" aria-label="Room">
      <p>The connection is {status}.</p>
      <p className="row">
        <CutAndMend />
      </p>
      {children}
      <ul aria-label="Messages">
        {messages.map(({ id: key, data }) => (
          <li key={key}>{data.text}</li>
        ))}
      </ul>
    </section>
  )
}

const toMessage = (form: FormData) => ({ name: 'Ann', text: form.get('text') })

const Field = () => (
  <label className="field">
    Message <input name="text" autoComplete="off" />
  </label>
)

function Form(defaults: SendDefaults) {
  const [{ isPending, result, error }, post, reset] = useRealtimeAction(useStory().topic('chat'), 'message', {
    ...defaults,
    toData: toMessage,
  })
  return (
    <form action={post} aria-label="Write">
      <Field />
      <p className="row">
        <button type="submit" className="button primary">
          Send
        </button>
        <button type="button" className="button" onClick={reset}>
          Forget the outcome
        </button>
      </p>
      <p role="status">
        {isPending ? 'Sending…' : result ? 'Stored.' : error ? `${error.code}: ${error.message}` : 'Nothing sent.'}
      </p>
    </form>
  )
}

async function write(canvasElement: HTMLElement, text: string) {
  const canvas = within(canvasElement)
  const field = await canvas.findByLabelText<HTMLInputElement>('Message')
  await userEvent.clear(field)
  if (text) await userEvent.type(field, text)
  await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
  return field
}

const texts = (canvasElement: HTMLElement) =>
  within(within(canvasElement).getByRole('list', { name: 'Messages' }))
    .queryAllByRole('listitem')
    .map(({ textContent }) => textContent)

async function cut(canvasElement: HTMLElement) {
  const canvas = within(canvasElement)
  await canvas.findByText('The connection is open.')
  await userEvent.click(canvas.getByRole('button', { name: 'Cut' }))
  await canvas.findByText('The connection is reconnecting.')
}

const mend = (canvasElement: HTMLElement) =>
  userEvent.click(within(canvasElement).getByRole('button', { name: 'Mend' }))

/** The action of a form is pending until the server has stored the message, however long the line is cut. */
export const AFormIsPendingUntilStored: Story = {
  render: (args) => (
    <Room>
      <Form {...args} />
    </Room>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await cut(canvasElement)
    const field = await write(canvasElement, 'Hello')
    await canvas.findByText('Sending…')
    await expect(field).toHaveValue('Hello')
    await mend(canvasElement)
    await canvas.findByText('Stored.')
    await waitFor(() => expect(texts(canvasElement)).toEqual(['Hello']))
    // React empties the form when its action is over.
    await expect(field).toHaveValue('')
  },
}

/** The server refuses an empty message: the form says why, and the next one passes. */
export const ARefusalIsShownInTheForm: Story = {
  ...AFormIsPendingUntilStored,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await write(canvasElement, '')
    await canvas.findByText(/^rejected: .*the text must be 1 to 2000 characters, got 0/)
    await write(canvasElement, 'Hello')
    await canvas.findByText('Stored.')
  },
}

/** With `whenOffline: 'reject'` a send fails at once while the connection is away; `reset` forgets that it did. */
export const OfflineIsAnErrorAtOnce: Story = {
  ...AFormIsPendingUntilStored,
  args: { whenOffline: 'reject' },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await cut(canvasElement)
    await write(canvasElement, 'Hello')
    await canvas.findByText(/^offline: the connection is away/)
    await userEvent.click(canvas.getByRole('button', { name: 'Forget the outcome' }))
    await canvas.findByText('Nothing sent.')
    await mend(canvasElement)
    await canvas.findByText('The connection is open.')
    await write(canvasElement, 'Hello')
    await canvas.findByText('Stored.')
  },
}

/** With `timeoutMs` it tries for so long, and then says that it does not know. */
export const GivesUpAfterItsTime: Story = {
  ...AFormIsPendingUntilStored,
  args: { timeoutMs: 700 },
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await cut(canvasElement)
    await write(canvasElement, 'Hello')
    await canvas.findByText('Sending…')
    await canvas.findByText(/^timed-out: no answer within \d+ ms/)
  },
}

function OutcomeForm(defaults: SendDefaults) {
  const [idle, post] = useRealtimeAction(useStory().topic('chat'), 'message', { ...defaults, toData: toMessage })
  const [{ result, error }, submit, isPending] = useActionState(
    (_: ActionState, form: FormData): Promise<ActionState> => post(form),
    idle,
  )
  return (
    <form action={submit} aria-label="Write">
      <p className="row">
        <Field />
        <button type="submit" className="button primary">
          Send
        </button>
      </p>
      <p role="status">
        {isPending ? 'Sending…' : result ? `Stored as ${result.id}` : (error?.message ?? 'Nothing sent.')}
      </p>
    </form>
  )
}

/** `run` returns the outcome, so `useActionState` holds it: where the message was stored, or why it was not. */
export const UseActionStateHoldsTheOutcome: Story = {
  render: (args) => (
    <Room>
      <OutcomeForm {...args} />
    </Room>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await write(canvasElement, '')
    await canvas.findByText(/the text must be 1 to 2000 characters, got 0/)
    await write(canvasElement, 'Hello')
    await canvas.findByText(/^Stored as .+\.\d+-/)
  },
}

function Optimist(defaults: SendDefaults) {
  const topic = useStory().topic('chat')
  const { data: messages } = useRealtime<ChatMessage>(topic, { last: 10 })
  const [shown, show] = useOptimistic(
    messages.map(({ data }) => data.text),
    (said, text: string) => [...said, `${text.slice(0, 20)} …`],
  )
  const [{ error }, run] = useRealtimeAction<ChatMessage>(topic, 'message', defaults)
  const say = (text: string) =>
    startTransition(async () => {
      show(text)
      await run({ name: 'Ann', text })
    })
  return (
    <>
      <p className="row">
        <button type="button" className="button primary" onClick={() => say('Hello')}>
          Say hello
        </button>
        <button type="button" className="button" onClick={() => say('ha '.repeat(700))}>
          Say too much
        </button>
      </p>
      <p>What I see: {shown.join(', ') || 'nothing'}</p>
      {error && <p role="alert">{error.message}</p>}
    </>
  )
}

/** `useOptimistic` shows a message as long as the action lasts: then it is stored, or taken back where it was refused. */
export const WhatIsRefusedIsTakenBack: Story = {
  render: (args) => (
    <Room>
      <Optimist {...args} />
    </Room>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await cut(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('What I see: Hello …')
    await mend(canvasElement)
    await canvas.findByText('What I see: Hello')
    await cut(canvasElement)
    await userEvent.click(canvas.getByRole('button', { name: 'Say too much' }))
    await canvas.findByText('What I see: Hello, ha ha ha ha ha ha ha …')
    await mend(canvasElement)
    await canvas.findByText(/the text must be 1 to 2000 characters/)
    await expect(canvas.getByText('What I see: Hello')).toBeVisible()
  },
}
