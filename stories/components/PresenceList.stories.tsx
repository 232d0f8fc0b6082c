import type { Meta, StoryObj } from '@storybook/react-vite'
import { usePresence } from 'everwire'
import { PresenceList } from 'everwire/components'
import { within } from 'storybook/test'
import { useStory } from '../support/story.ts'
import 'everwire/styles.css'

/** Who is in a topic. */
const meta: Meta = { title: 'Components/PresenceList', component: PresenceList }
export default meta

function Room() {
  const { members, count, self } = usePresence<{ name: string }>(useStory().topic('chat'), { name: 'Ann Lee' })
  return <PresenceList members={members} count={count} self={self} />
}

/** What `usePresence` says, oneself among them. */
export const ShowsOneself: StoryObj = {
  render: () => <Room />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Ann Lee')
    await within(canvasElement).findByText('you')
  },
}

const NAMES = ['Ann Lee', 'Émile Roux', 'Ōta Ken', 'Zoë', 'Mohammed al-Fayed', 'Kim', 'Lou']

/** More than there is room for are a number. */
export const CountsThoseWhoDoNotFit: StoryObj = {
  render: () => (
    <PresenceList max={4} members={NAMES.map((name) => ({ user: name, info: { name }, conns: 1 }))} count={23} />
  ),
  async play({ canvasElement }) {
    await within(canvasElement).findByText('and 19 more')
  },
}

function Watched() {
  return <PresenceList topic={useStory().topic('chat')} />
}

/** A topic where nobody is. */
export const SaysThatNobodyIsHere: StoryObj = {
  render: () => <Watched />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Nobody is here')
  },
}
