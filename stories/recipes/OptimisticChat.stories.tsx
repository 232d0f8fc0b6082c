import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtime, useRealtimeAction } from 'everwire'
import { useOptimistic } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { LeaveWhileBobSpeaks } from '../support/away.tsx'
import { useStory } from '../support/story.ts'

/**
 * One's own messages are there at once, with `useOptimistic` of React 19: they last as long as the action does, then they
 * are the stored ones in their place, or are taken back with the reason. `Recipes/Chat` does it without React 19, and
 * keeps what failed for a second try.
 */
const meta: Meta = { title: 'Recipes/Optimistic chat' }
export default meta

interface Line extends ChatMessage {
  readonly key: string
  readonly isOnItsWay?: boolean
}

function Room() {
  const topic = useStory().topic('chat')
  const { data: messages } = useRealtime<ChatMessage>(topic, { last: 20 })
  const stored = messages.map(({ id, data }): Line => ({ key: id, ...data }))
  const [lines, addLine] = useOptimistic(stored, (shown, line: Line) => [...shown, line])
  const [{ error }, post] = useRealtimeAction<ChatMessage>(topic, 'message')
  const say = async (form: FormData) => {
    const text = form.get('text')
    if (typeof text !== 'string') return
    const message = { name: 'Ann', text }
    addLine({ ...message, key: crypto.randomUUID(), isOnItsWay: true })
    await post(message)
  }
  return (
    <section className="card" aria-label="Room">
      <ol aria-label="Messages">
        {lines.map(({ key, name, text, isOnItsWay }) => (
          <li key={key} aria-busy={isOnItsWay}>
            <strong>{name}</strong> {text.slice(0, 40)} {isOnItsWay && <span className="explain">sending…</span>}
          </li>
        ))}
      </ol>
      <form action={say} aria-label="Write">
        <p className="row">
          <label className="field">
            Message <input name="text" autoComplete="off" />
          </label>
          <button type="submit" className="button primary">
            Send
          </button>
        </p>
      </form>
      {error && (
        <p role="alert" className="complaint">
          {error.message}
        </p>
      )}
    </section>
  )
}

function Page() {
  return (
    <>
      <LeaveWhileBobSpeaks />
      <Room />
    </>
  )
}

const lines = (canvasElement: HTMLElement) =>
  within(canvasElement)
    .queryAllByRole('listitem')
    .map(({ textContent }) => textContent.trim())

const press = async (canvasElement: HTMLElement, name: string) =>
  userEvent.click(await within(canvasElement).findByRole('button', { name }))

/** Written while away: it is there at once, and in its place when it is stored: after what Bob said meanwhile. */
export const IsThereAtOnceAndThenInItsPlace: StoryObj = {
  render: () => <Page />,
  async play({ canvasElement }) {
    await press(canvasElement, 'Go away')
    await press(canvasElement, 'Let Bob say something')
    await userEvent.type(within(canvasElement).getByLabelText('Message'), 'Hello Bob{Enter}')
    await waitFor(() => expect(lines(canvasElement)).toEqual(['Ann Hello Bob sending…']))
    await press(canvasElement, 'Come back')
    await waitFor(() => expect(lines(canvasElement)).toEqual(['Bob Hello Ann', 'Ann Hello Bob']))
  },
}

/** The server refuses it (here since it is empty): it is taken back, and the form says why. */
export const IsTakenBackWhenItIsRefused: StoryObj = {
  ...IsThereAtOnceAndThenInItsPlace,
  async play({ canvasElement }) {
    await press(canvasElement, 'Go away')
    await press(canvasElement, 'Send')
    await waitFor(() => expect(lines(canvasElement)).toEqual(['Ann  sending…']))
    await press(canvasElement, 'Come back')
    await within(canvasElement).findByText(/the text must be 1 to 2000 characters, got 0/)
    await expect(lines(canvasElement)).toEqual([])
  },
}
