import type { Meta, StoryObj } from '@storybook/react-vite'
import { usePresence, useRealtime } from 'everwire'
import { type FormEvent, useState } from 'react'
import { userEvent, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { Visitor } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import './people.css'

/**
 * Who is typing, as part of their presence: it is over when the field is empty, when the message is sent, and when
 * somebody is gone, whatever the reason.
 */
const meta: Meta = { title: 'Recipes/Typing indicator' }
export default meta

interface Writer {
  readonly name: string
  readonly isTyping: boolean
}

const andTheRest = new Intl.ListFormat('en')

function Room({ name }: { readonly name: string }) {
  const topic = useStory().topic('chat')
  const { data: messages, send } = useRealtime<ChatMessage>(topic, { last: 5 })
  const [text, setText] = useState('')
  const { members, self } = usePresence<Writer>(topic, { name, isTyping: text !== '' })
  const typing = members.filter(({ user, info }) => user !== self && info.isTyping).map(({ info }) => info.name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send('message', { name, text })
    setText('')
  }
  return (
    <section className="card" aria-label={`The window of ${name}`}>
      <ul>
        {messages.map(({ id, data }) => (
          <li key={id}>
            <strong>{data.name}</strong> {data.text}
          </li>
        ))}
      </ul>
      <form onSubmit={submit}>
        <label className="field">
          {name}: <input value={text} autoComplete="off" onChange={(event) => setText(event.target.value)} />
        </label>
      </form>
      <p role="status" className="explain">
        {typing.length > 0
          ? `${andTheRest.format(typing)} ${typing.length === 1 ? 'is' : 'are'} typing…`
          : 'Nobody else is typing.'}
      </p>
    </section>
  )
}

function Rooms() {
  const [isBobThere, setBobThere] = useState(true)
  return (
    <>
      <p className="row">
        <button type="button" className="button" onClick={() => setBobThere(!isBobThere)}>
          {isBobThere ? 'Close the window of Bob' : 'Open it again'}
        </button>
      </p>
      <div className="windows">
        <Visitor>
          <Room name="Ann" />
        </Visitor>
        {isBobThere && (
          <Visitor>
            <Room name="Bob" />
          </Visitor>
        )}
      </div>
    </>
  )
}

const windowOf = async (canvasElement: HTMLElement, name: string) =>
  within(await within(canvasElement).findByRole('region', { name: `The window of ${name}` }))

/** Ann sees that Bob is typing, until his message is there. */
export const SaysWhoIsTyping: StoryObj = {
  render: () => <Rooms />,
  async play({ canvasElement }) {
    const ann = await windowOf(canvasElement, 'Ann')
    const bob = await windowOf(canvasElement, 'Bob')
    await ann.findByText('Nobody else is typing.')
    await userEvent.type(bob.getByLabelText('Bob:'), 'Hello')
    await ann.findByText('Bob is typing…')
    await userEvent.keyboard('{Enter}')
    await ann.findByText('Hello')
    await ann.findByText('Nobody else is typing.')
  },
}

/** Bob closes his window in the middle of a sentence: nobody waits for the rest of it. */
export const WhoIsGoneIsNotTyping: StoryObj = {
  ...SaysWhoIsTyping,
  async play({ canvasElement }) {
    const ann = await windowOf(canvasElement, 'Ann')
    const bob = await windowOf(canvasElement, 'Bob')
    await userEvent.type(bob.getByLabelText('Bob:'), 'Hel')
    await ann.findByText('Bob is typing…')
    await userEvent.click(within(canvasElement).getByRole('button', { name: 'Close the window of Bob' }))
    await ann.findByText('Nobody else is typing.')
  },
}
