import type { Meta, StoryObj } from '@storybook/react-vite'
import {
  defineContract,
  type EverwireError,
  RealtimeProvider,
  useRealtime,
  useRealtimeClient,
  useSend,
  withContract,
} from 'everwire'
import { type ReactNode, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { z } from 'zod'
import { sayAs } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/**
 * `defineContract` says once what topics there are and what their messages look like, with the schemas of any library
 * that follows Standard Schema (zod, valibot, arktype). The types of hooks follow from it, and `withContract` checks each
 * message at the border, once, whoever listens.
 *
 * With `contract.topic('chat::room', { room })` a topic's name knows its messages. Where the contract is registered, the
 * plain name does too:
 *
 * ```ts
 * declare module 'everwire' {
 *   interface Register {
 *     contract: typeof contract
 *   }
 * }
 * const { data, send } = useRealtime(`chat:${room}`) // typed
 * ```
 */
const meta: Meta = { title: 'Hooks/Contract' }
export default meta

const contract = defineContract({
  'chat::room': {
    events: {
      message: z.object({
        name: z.string(),
        text: z
          .string()
          .max(20)
          .transform((text) => ({ text, words: text.split(' ').length })),
      }),
    },
  },
  // Nobody but the server says anything here.
  'counter::name': { events: { count: z.object({ run: z.string(), n: z.number() }) }, sends: {} },
})

/** The story's client, checked. In an app both are made at module scope. */
function Checked({ children }: { readonly children: ReactNode }) {
  const { client } = useStory()
  const [reports, setReports] = useState<readonly EverwireError[]>([])
  const [checked] = useState(() =>
    withContract(client, contract, { onError: (error) => setReports((before) => [...before, error]) }),
  )
  return (
    <RealtimeProvider client={checked}>
      {children}
      <section className="card" aria-label="Reported">
        <h3>Reported</h3>
        {reports.length === 0 && <p className="explain">Nothing so far.</p>}
        <ul>
          {reports.map(({ code, message }, index) => (
            <li key={index}>
              <strong>{code}</strong> {message}
            </li>
          ))}
        </ul>
      </section>
    </RealtimeProvider>
  )
}

function Room() {
  const { id, topic } = useStory()
  const room = contract.topic('chat::room', { room: id })
  const { data: messages, status } = useRealtime(room)
  const send = useSend(room)
  const [outcome, setOutcome] = useState('nothing yet')
  const attempt = (text: string) =>
    send('message', { name: 'Ann', text }).then(
      () => setOutcome('stored'),
      ({ code, message }: EverwireError) => setOutcome(`${code}: ${message}`),
    )
  return (
    <section className="card" aria-label="Room">
      <p>Status: {status}</p>
      <p className="row">
        <button type="button" className="button primary" onClick={() => void attempt('Hello there')}>
          Say hello
        </button>
        <button type="button" className="button" onClick={() => void attempt('More than the contract allows')}>
          Say too much
        </button>
        <button
          type="button"
          className="button"
          onClick={() => void sayAs('Bob', topic('chat'), 'Bob has never heard of a contract')}
        >
          Let Bob say too much
        </button>
      </p>
      <p>My send: {outcome}</p>
      <ul aria-label="Messages">
        {messages.map(({ id: key, data: { name, text } }) => (
          <li key={key}>
            {name}: {text.text} ({text.words} words)
          </li>
        ))}
      </ul>
    </section>
  )
}

const messagesIn = (canvasElement: HTMLElement) =>
  within(within(canvasElement).getByRole('list', { name: 'Messages' }))
    .queryAllByRole('listitem')
    .map(({ textContent }) => textContent)

/** What arrives is what the schema made of it: here the text comes with its number of words. */
export const WhatArrivesIsWhatTheSchemaMade: StoryObj = {
  render: () => (
    <Checked>
      <Room />
    </Checked>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello there (2 words)')
    await canvas.findByText('My send: stored')
  },
}

/** Somebody without the contract says more than it allows: that message is dropped and reported, and the next one comes. */
export const WhatDoesNotFitIsDroppedAndReported: StoryObj = {
  ...WhatArrivesIsWhatTheSchemaMade,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Let Bob say too much' }))
    await canvas.findByText('bad-frame')
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('Ann: Hello there (2 words)')
    await expect(messagesIn(canvasElement)).toHaveLength(1)
  },
}

/** Everything that the server says in the room, past the contract. */
function Overheard() {
  const { client, topic } = useStory()
  return (
    <RealtimeProvider client={client}>
      <OverheardCount name={topic('chat')} />
    </RealtimeProvider>
  )
}

function OverheardCount({ name }: { readonly name: string }) {
  const { data } = useRealtime(name, { initial: 0, reduce: (count: number) => count + 1 })
  return (
    <p className="card">
      Stored by the server: <output data-testid="stored">{data}</output>
    </p>
  )
}

/** A send that does not fit is refused before it leaves, with what was expected; the server never sees it. */
export const ASendThatDoesNotFitNeverLeaves: StoryObj = {
  render: () => (
    <Checked>
      <Room />
      <Overheard />
    </Checked>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Status: live')
    await userEvent.click(canvas.getByRole('button', { name: 'Say too much' }))
    await canvas.findByText(/^My send: rejected: message "message" of topic chat:.*: text: .*20/)
    await userEvent.click(canvas.getByRole('button', { name: 'Say hello' }))
    await canvas.findByText('My send: stored')
    await waitFor(() => expect(canvas.getByTestId('stored')).toHaveTextContent('1'))
  },
}

function Numbers() {
  const { id } = useStory()
  const counter = contract.topic('counter::name', { name: id })
  const client = useRealtimeClient()
  const { data: last } = useRealtime(counter, {
    initial: 0,
    // `data` is what the schema gives: no type is said here.
    reduce: (_: number, { data }) => data.n,
    last: 1,
  })
  const send = useSend(counter)
  const [outcome, setOutcome] = useState('nothing yet')
  const sendNevertheless = () => {
    // @ts-expect-error -- Nothing may be sent to this topic, and the types know it.
    send('count', { run: '', n: 1 }).catch(({ message }: EverwireError) => setOutcome(message))
  }
  return (
    <section className="card" aria-label="Numbers">
      <p>
        {counter} is {client.topicStatus(counter) === 'live' ? 'at' : 'before'} {last}
      </p>
      <p className="row">
        <button type="button" className="button" onClick={sendNevertheless}>
          Send nevertheless
        </button>
      </p>
      <p>My send: {outcome}</p>
    </section>
  )
}

/** The pattern `counter::name` stands for many topics. `sends: {}` lets nobody send: a mistake in types, and refused. */
export const SomeTopicsAreForListening: StoryObj = {
  render: () => (
    <Checked>
      <Numbers />
    </Checked>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^counter:[\w-]+ is at \d+/)
    await userEvent.click(canvas.getByRole('button', { name: 'Send nevertheless' }))
    await canvas.findByText(/^My send: .*the contract has no such messages$/)
  },
}

function name(make: () => string): string {
  try {
    return make()
  } catch (error) {
    return String(error)
  }
}

const Names = () => (
  <ol aria-label="Names">
    <li>{name(() => contract.topic('chat::room', { room: 5 }))}</li>
    <li>{name(() => contract.topic('chat::room', { room: 'a/b' }))}</li>
    {/* @ts-expect-error -- The parameter is missing. */}
    <li>{name(() => contract.topic('chat::room'))}</li>
    {/* @ts-expect-error -- The contract has no such topic. */}
    <li>{name(() => contract.topic('lounge::room', { room: 5 }))}</li>
  </ol>
)

/**
 * Parameters of names are typed: what is missing, and topics that are not there, are mistakes for the compiler. What
 * would make another name of it is one at run time.
 */
export const ParametersOfNamesAreChecked: StoryObj = {
  render: () => <Names />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('chat:5')
    await canvas.findByText(/must be of A-Z a-z 0-9 _ \. ~ @ -, got "a\/b"/)
    await canvas.findByText(/^TypeError: parameter room of topic chat::room .*got ""/)
  },
}
