import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { Chat } from '../../demo-server/page/chat/Chat.tsx'
import { LeaveWhileBobSpeaks } from '../support/away.tsx'
import { useStory } from '../support/story.ts'

/** A room with its history, one's own messages while they are on their way, and a second chance for what failed. */
const meta: Meta = { title: 'Recipes/Chat' }
export default meta

function Room() {
  const { id } = useStory()
  return (
    <>
      <LeaveWhileBobSpeaks />
      <Chat room={id} />
    </>
  )
}

async function write(canvasElement: HTMLElement, text: string) {
  const canvas = within(canvasElement)
  await userEvent.type(await canvas.findByLabelText('Message'), text)
  await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
}

/** What is stored, in the order in which everybody sees it. */
const stored = (canvasElement: HTMLElement) =>
  [...canvasElement.querySelectorAll('.messages li:not(.waiting) .text')].map(({ textContent }) => textContent)

/** One's own messages and those of others, in one order. */
export const TwoPeopleTalk: StoryObj = {
  render: () => <Room />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await write(canvasElement, 'Anybody here?')
    await canvas.findByText('Anybody here?')
    await userEvent.click(canvas.getByRole('button', { name: 'Let Bob say something' }))
    await canvas.findByText('Hello Ann')
    await write(canvasElement, 'Hello Bob')
    await waitFor(() => expect(stored(canvasElement)).toEqual(['Anybody here?', 'Hello Ann', 'Hello Bob']))
  },
}

/** What was written while away is sent when the connection is back, after what others said meanwhile was made up for. */
export const SendsWhatWasWrittenOffline: StoryObj = {
  render: () => <Room />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await write(canvasElement, 'First')
    await canvas.findByText('First')
    await waitFor(() => expect(canvas.queryByText('sending…')).toBeNull())
    await userEvent.click(canvas.getByRole('button', { name: 'Go away' }))
    await write(canvasElement, 'Written offline')
    await canvas.findByText('sending…')
    await userEvent.click(canvas.getByRole('button', { name: 'Let Bob say something' }))
    await userEvent.click(canvas.getByRole('button', { name: 'Come back' }))
    await waitFor(() => expect(stored(canvasElement)).toEqual(['First', 'Hello Ann', 'Written offline']))
  },
}
