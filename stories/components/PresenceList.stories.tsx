import type { Meta, StoryObj } from '@storybook/react-vite'
import { usePresence } from 'everwire'
import { PresenceList } from 'everwire/components'
import { expect, within } from 'storybook/test'
import { expectLightText, expectRightToLeft, rightToLeft } from '../support/looks.tsx'
import { Visitor } from '../support/somebody-else.tsx'
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
const MEMBERS = NAMES.map((name) => ({ user: name, info: { name }, conns: 1 }))

/** More than there is room for are a number. */
export const CountsThoseWhoDoNotFit: StoryObj = {
  render: () => <PresenceList max={4} members={MEMBERS} count={23} />,
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

function Present({ name }: { readonly name: string }) {
  usePresence(useStory().topic('chat'), { name })
  return null
}

/** With `topic` it watches by itself who comes, without being there. */
export const WatchesWhoIsInATopic: StoryObj = {
  render: () => (
    <>
      <Watched />
      {['Ann Lee', 'Bob'].map((name) => (
        <Visitor key={name}>
          <Present name={name} />
        </Visitor>
      ))}
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Ann Lee')
    await canvas.findByText('Bob')
    await expect(canvas.getAllByRole('listitem')).toHaveLength(2)
  },
}

/** Every text can be another one, here in German, and a name what `nameOf` says. */
export const SpeaksAnotherLanguage: StoryObj = {
  render: () => (
    <PresenceList
      max={3}
      members={MEMBERS}
      self="Zoë"
      nameOf={({ info }) => info.name.split(' ')[0]!}
      labels={{ list: 'Wer da ist', more: (count) => `und ${count} weitere`, self: 'Sie' }}
    />
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('list', { name: 'Wer da ist' })
    await canvas.findByText('und 4 weitere')
    await expect(canvas.getByText('Émile')).toBeVisible()
  },
}

/** A render function says what a member is. */
export const RendersWhatYouSay: StoryObj = {
  render: () => <PresenceList members={MEMBERS}>{({ info, conns }) => `${info.name} in ${conns} tab`}</PresenceList>,
  async play({ canvasElement }) {
    await within(canvasElement).findByText('Ōta Ken in 1 tab')
  },
}

/** In a page that is written from right to left the first one stands on the right. */
export const ReadsFromRightToLeft: StoryObj = {
  decorators: [rightToLeft],
  render: () => (
    <PresenceList
      max={2}
      members={MEMBERS}
      self="Ann Lee"
      labels={{ list: 'מי כאן', more: (count) => `ועוד ${count}`, self: 'את' }}
    />
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await expectRightToLeft(await canvas.findByText('Ann Lee'), canvas.getByText('את'))
  },
}

/** The colours follow the page's `color-scheme`. */
export const FollowsADarkPage: StoryObj = {
  render: () => <PresenceList members={MEMBERS} self="Zoë" max={7} />,
  globals: { scheme: 'dark' },
  async play({ canvasElement }) {
    await expectLightText(await within(canvasElement).findByText('Mohammed al-Fayed'))
  },
}
