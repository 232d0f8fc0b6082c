import type { Meta, StoryObj } from '@storybook/react-vite'
import {
  createClient,
  RealtimeProvider,
  usePresence,
  usePresenceList,
  usePresenceMember,
  useRealtimeClient,
} from 'everwire'
import { useState } from 'react'
import { userEvent, within } from 'storybook/test'
import { useStory } from '../support/story.ts'

/**
 * Who is there. `usePresence` joins a topic and lists it, `usePresenceList` watches without being there, and
 * `usePresenceMember` follows one user. A reconnect or a change of transport does not flicker: who is gone for less than
 * the server's linger never left.
 */
const meta: Meta = { title: 'Hooks/usePresence' }
export default meta

interface Profile {
  readonly name: string
}

function Members() {
  const { members, count, status } = usePresenceList<Profile>(useStory().topic('chat'))
  return (
    <>
      <p>
        {count} here, {status}
      </p>
      <ul>
        {members.map(({ user, info, conns }) => (
          <li key={user}>
            {info.name} ({conns})
          </li>
        ))}
      </ul>
    </>
  )
}

/** A client of its own, as somebody else's browser has. */
function Visitor({ name }: { readonly name: string }) {
  const { id } = useStory()
  const [client] = useState(() => createClient({ url: `/realtime/~${id}`, storage: false, lingerMs: 0 }))
  return (
    <RealtimeProvider client={client}>
      <Being name={name} />
    </RealtimeProvider>
  )
}

function Being({ name }: { readonly name: string }) {
  const { self, status } = usePresence<Profile>(useStory().topic('chat'), { name })
  const bob = usePresenceMember<Profile>(useStory().topic('chat'), self ?? '')
  return (
    <p>
      {name} is {status}
      {bob && `, seen as ${bob.info.name}`}.
    </p>
  )
}

function Room() {
  const client = useRealtimeClient()
  const [isBobThere, setBobThere] = useState(false)
  return (
    <section className="card" aria-label="Room">
      <p className="row">
        <button type="button" className="button primary" onClick={() => setBobThere(!isBobThere)}>
          {isBobThere ? 'Bob leaves' : 'Bob comes'}
        </button>
        <button type="button" className="button" onClick={() => client.reconnect()}>
          Reconnect
        </button>
      </p>
      <Members />
      <Visitor name="Ann" />
      {isBobThere && <Visitor name="Bob" />}
    </section>
  )
}

/** Somebody comes, is seen by all, and leaves again. */
export const SomebodyComesAndLeaves: StoryObj = {
  render: () => <Room />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText('Ann (1)')
    await canvas.findByText('Ann is live, seen as Ann.')
    await canvas.findByText('1 here, live')
    await userEvent.click(canvas.getByRole('button', { name: 'Bob comes' }))
    await canvas.findByText('Bob (1)')
    await canvas.findByText('2 here, live')
    await userEvent.click(canvas.getByRole('button', { name: 'Bob leaves' }))
    await canvas.findByText('1 here, live')
  },
}
