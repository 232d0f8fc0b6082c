import type { Meta, StoryObj } from '@storybook/react-vite'
import { skip, useConnection, usePresence, usePresenceList, usePresenceMember, useRealtimeClient } from 'everwire'
import { type ReactNode, useRef, useState } from 'react'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import { figureIn } from '../support/figures.ts'
import { Visitor } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import { CONTROLS, UsePresenceOptions } from './hook-options.tsx'

/**
 * Who is there. `usePresence` joins a topic and lists it, `usePresenceList` watches without being there, and
 * `usePresenceMember` follows one user. A reconnect or a change of transport does not flicker: who is gone for less than
 * the server's linger never left.
 */
const meta: Meta<typeof UsePresenceOptions> = {
  title: 'Hooks/usePresence',
  component: UsePresenceOptions,
  argTypes: { flush: CONTROLS.flush },
  args: { flush: 'frame' },
}
export default meta
type Story = StoryObj<typeof UsePresenceOptions>

interface Profile {
  readonly name: string
  readonly mood?: string
}

/** Watches without being there, and remembers how many it saw. */
function Members({ flush = 'frame' }: Story['args'] & object) {
  const { members, count, status } = usePresenceList<Profile>(useStory().topic('chat'), { flush })
  const [counts, setCounts] = useState<readonly number[]>([0])
  if (counts.at(-1) !== count) setCounts([...counts, count])
  return (
    <>
      <p>
        {count} here, {status}
      </p>
      <ul aria-label="Who is here">
        {members.map(({ user, info, conns }) => (
          <li key={user}>
            {info.name} ({conns}){info.mood && ` is ${info.mood}`}
          </li>
        ))}
      </ul>
      <p className="explain">So many were here: {counts.join(', ')}</p>
    </>
  )
}

function Being({ name }: { readonly name: string }) {
  const client = useRealtimeClient()
  const topic = useStory().topic('chat')
  const [mood, setMood] = useState('awake')
  const reconnect = () => {
    client.disconnect()
    client.connect()
  }
  // The info may be inline: it is compared by its content.
  const { self, status } = usePresence<Profile>(topic, { name, mood })
  const me = usePresenceMember<Profile>(topic, self ?? '')
  return (
    <div className="row" role="group" aria-label={name}>
      <p>
        {name} is {status}
        {me && `, seen as ${me.info.name}`}, on <Wires />
      </p>
      <button type="button" className="button small" onClick={reconnect}>
        Reconnect
      </button>
      <button type="button" className="button small" onClick={() => setMood(mood === 'awake' ? 'asleep' : 'awake')}>
        Change the mood
      </button>
    </div>
  )
}

/** How many connections this client had so far, one after another. */
function Wires() {
  const since = useConnection((connection) => (connection.status === 'open' ? connection.since : 0))
  const [seen, setSeen] = useState<readonly number[]>([])
  if (since !== 0 && seen.at(-1) !== since) setSeen([...seen, since])
  return <>connection {seen.length}</>
}

function Room({ children, ...options }: Story['args'] & { readonly children?: ReactNode }) {
  const [isBobThere, setBobThere] = useState(false)
  return (
    <section className="card" aria-label="Room">
      <p className="row">
        <button type="button" className="button primary" onClick={() => setBobThere(!isBobThere)}>
          {isBobThere ? 'Bob leaves' : 'Bob comes'}
        </button>
      </p>
      <Members {...options} />
      <Visitor>
        <Being name="Ann" />
      </Visitor>
      {isBobThere && (
        <Visitor>
          <Being name="Bob" />
        </Visitor>
      )}
      {children}
    </section>
  )
}

const press = async (canvasElement: HTMLElement, name: string) =>
  userEvent.click(await within(canvasElement).findByRole('button', { name }))

/** Somebody comes, is seen by all, and leaves again. */
export const SomebodyComesAndLeaves: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Ann (1) is awake')
    await canvas.findByText(/^Ann is live, seen as Ann/)
    await canvas.findByText('1 here, live')
    await press(canvasElement, 'Bob comes')
    await canvas.findByText('Bob (1) is awake')
    await canvas.findByText('2 here, live')
    await press(canvasElement, 'Bob leaves')
    await canvas.findByText('1 here, live')
  },
}

/** Ann's connection is replaced, and nobody sees her leave: the count goes from one to two when Bob comes, never down. */
export const AReconnectDoesNotFlicker: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('1 here, live')
    const ann = canvas.getByRole('group', { name: 'Ann' })
    await within(ann).findByText(/on connection 1$/)
    await userEvent.click(within(ann).getByRole('button', { name: 'Reconnect' }))
    await within(ann).findByText(/on connection 2$/)
    await press(canvasElement, 'Bob comes')
    await canvas.findByText('2 here, live')
    await expect(canvas.getByText('So many were here: 0, 1, 2')).toBeVisible()
  },
}

/** What somebody says of itself may change while it is there: the others see it change in its place. */
export const TheInfoChangesInItsPlace: Story = {
  render: (args) => <Room {...args} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Ann (1) is awake')
    await userEvent.click(
      within(canvas.getByRole('group', { name: 'Ann' })).getByRole('button', { name: 'Change the mood' }),
    )
    await canvas.findByText('Ann (1) is asleep')
    await expect(canvas.getByText('So many were here: 0, 1')).toBeVisible()
  },
}

/** Two tabs of one user are one member with two connections. */
export const TwoTabsAreOneUser: Story = {
  render: (args) => (
    <section className="card" aria-label="Room">
      <Members {...args} />
      <Visitor user="ann">
        <Being name="Ann" />
      </Visitor>
      <Visitor user="ann">
        <Being name="Ann" />
      </Visitor>
    </section>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Ann (2) is awake')
    await expect(canvas.getByText('1 here, live')).toBeVisible()
  },
}

function MaybeThere() {
  const topic = useStory().topic('chat')
  const [isThere, setThere] = useState(false)
  const { status } = usePresence<Profile>(isThere ? topic : skip, { name: 'Ann' })
  return (
    <p className="row">
      <button type="button" className="button primary" onClick={() => setThere(!isThere)}>
        {isThere ? 'Look only' : 'Be there'}
      </button>
      Ann is {status}.
    </p>
  )
}

/** With `skip` one is nowhere, until there is a place to be. */
export const SkipIsNowhere: Story = {
  render: (args) => (
    <section className="card" aria-label="Room">
      <MaybeThere />
      <Members {...args} />
    </section>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('0 here, live')
    await canvas.findByText('Ann is idle.')
    await press(canvasElement, 'Be there')
    await canvas.findByText('Ann (1)')
    await press(canvasElement, 'Look only')
    // Who looks only leaves when the client's linger is over, and the server's after that.
    await canvas.findByText('0 here, live')
  },
}

function CountOnly() {
  const renders = useRef(0)
  const count = usePresenceList(useStory().topic('chat'), { select: (presence) => presence.count })
  // oxlint-disable-next-line react/refs -- Counting renders is what this is about.
  renders.current++
  return (
    <p>
      {/* oxlint-disable-next-line react/refs -- See above. */}
      Only the count: {count}, in <span data-testid="count-renders">{renders.current}</span> renders
    </p>
  )
}

/** The member that has been there longest, and how often that was rendered. */
function FirstMember() {
  const topic = useStory().topic('chat')
  const first = usePresenceList(topic, { select: ({ members }) => members[0]?.user ?? '' })
  const renders = useRef(0)
  const member = usePresenceMember<Profile>(topic, first)
  // oxlint-disable-next-line react/refs -- See above.
  renders.current++
  return (
    <p>
      Only the first: {member ? `${member.info.name} is ${member.info.mood}` : 'nobody'}, in{' '}
      {/* oxlint-disable-next-line react/refs -- See above. */}
      <span data-testid="member-renders">{renders.current}</span> renders
    </p>
  )
}

/** `select` renders only for what it returns, and `usePresenceMember` only for its one: another mood is no new count. */
export const RendersOnlyWhatIsAskedFor: Story = {
  render: (args) => (
    <Room {...args}>
      <CountOnly />
      <FirstMember />
    </Room>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^Only the first: Ann is awake/)
    await press(canvasElement, 'Bob comes')
    await canvas.findByText('Bob (1) is awake')
    await waitFor(() => expect(canvas.getByText(/^Only the count: 2/)).toBeVisible())
    const [count, member] = [figureIn(canvasElement, 'count-renders'), figureIn(canvasElement, 'member-renders')]
    const change = async (name: string) =>
      userEvent.click(within(canvas.getByRole('group', { name })).getByRole('button', { name: 'Change the mood' }))
    await change('Bob')
    await canvas.findByText('Bob (1) is asleep')
    await expect(figureIn(canvasElement, 'member-renders')).toBe(member)
    await change('Ann')
    await canvas.findByText(/^Only the first: Ann is asleep/)
    await expect(figureIn(canvasElement, 'member-renders')).toBeGreaterThan(member)
    await expect(figureIn(canvasElement, 'count-renders')).toBe(count)
  },
}
