import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtime, useRealtimeEvent } from 'everwire'
import { useId, useState } from 'react'
import { expect, userEvent, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { CutAndMend } from '../support/away.tsx'
import { sayAs } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/**
 * A bell that counts what is unread. The list is state (`useRealtime`), what pops up is an event (`useRealtimeEvent`), and
 * what is read is the id of the last message that was seen: a reconnect neither loses nor doubles a notification.
 */
const meta: Meta = { title: 'Recipes/Notifications', parameters: { everwire: { transport: 'websocket' } } }
export default meta

function Bell() {
  const topic = useStory().topic('chat')
  const listId = useId()
  const { data: notifications, status } = useRealtime<ChatMessage>(topic, { last: 20 })
  const [isOpen, setOpen] = useState(false)
  const [readUpTo, setReadUpTo] = useState('')
  const newest = notifications.at(-1)?.id ?? ''
  // What comes while the list is open is read.
  if (isOpen && readUpTo !== newest) setReadUpTo(newest)
  const unread = notifications.length - 1 - notifications.findLastIndex(({ id }) => id === readUpTo)
  if (status === 'idle' || status === 'connecting') return <p className="explain">Looking for what is new…</p>
  return (
    <>
      <button
        type="button"
        className="button primary"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        Notifications{unread > 0 && ` (${unread} unread)`}
      </button>
      {isOpen && (
        <ul id={listId} aria-label="Notifications">
          {notifications.toReversed().map(({ id, data }) => (
            <li key={id}>
              <strong>{data.name}</strong> {data.text}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** The newest notification, said once when it comes; the history is not news. */
function Toast() {
  const [text, setText] = useState('')
  useRealtimeEvent<ChatMessage>(useStory().topic('chat'), 'message', ({ data }) => setText(`${data.name} ${data.text}`))
  return <p role="status">{text || 'Nothing new.'}</p>
}

function Page() {
  const { topic } = useStory()
  const [count, setCount] = useState(1)
  const notify = () => {
    setCount(count + 1)
    return sayAs('Bob', topic('chat'), `mentioned you ${count}`)
  }
  return (
    <section className="card" aria-label="Page">
      <Bell />
      <div className="row">
        <Toast />
      </div>
      <p className="row">
        <button type="button" className="button" onClick={() => void notify()}>
          Let Bob mention you
        </button>
        <CutAndMend />
      </p>
    </section>
  )
}

const press = async (canvasElement: HTMLElement, name: string) =>
  userEvent.click(await within(canvasElement).findByRole('button', { name }))

/** The bell counts, the toast says the newest one, and what is read is not counted any more. */
export const CountsWhatIsUnread: StoryObj = {
  render: () => <Page />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('button', { name: 'Notifications' })
    await press(canvasElement, 'Let Bob mention you')
    await press(canvasElement, 'Let Bob mention you')
    await press(canvasElement, 'Notifications (2 unread)')
    await expect(canvas.getAllByRole('listitem')).toHaveLength(2)
    await canvas.findByText('Bob mentioned you 2', { selector: '[role=status]' })
    // The list is open: what comes now is read at once.
    await press(canvasElement, 'Let Bob mention you')
    await canvas.findByText('mentioned you 3', { selector: 'li' })
    await press(canvasElement, 'Notifications')
    await press(canvasElement, 'Let Bob mention you')
    await canvas.findByRole('button', { name: 'Notifications (1 unread)' })
  },
}

/** What comes while the connection is away is counted when it is back, each once. */
export const CountsWhatCameMeanwhile: StoryObj = {
  ...CountsWhatIsUnread,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('button', { name: 'Notifications' })
    await press(canvasElement, 'Let Bob mention you')
    await canvas.findByRole('button', { name: 'Notifications (1 unread)' })
    await press(canvasElement, 'Cut')
    await press(canvasElement, 'Let Bob mention you')
    await press(canvasElement, 'Let Bob mention you')
    await press(canvasElement, 'Mend')
    await canvas.findByRole('button', { name: 'Notifications (3 unread)' })
    await canvas.findByText('Bob mentioned you 3', { selector: '[role=status]' })
  },
}
