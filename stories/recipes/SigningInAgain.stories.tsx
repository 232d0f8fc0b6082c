import type { Meta, StoryObj } from '@storybook/react-vite'
import { useConnection, useRealtime } from 'everwire'
import { expect, userEvent, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { SignedOut } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'

/**
 * A session that is over. `auth` is asked for the token at each open, and once more when the server refuses it; refused
 * again, the connection has failed for good and waits. So there is one place in an app that asks people to sign in.
 */
const meta: Meta = { title: 'Recipes/Signing in again' }
export default meta

function Session({ onSignIn }: { readonly onSignIn: () => void }) {
  const isOver = useConnection(({ error }) => error?.code === 'unauthenticated')
  if (!isOver) return null
  return (
    <div role="alert" className="card">
      <p>Your session is over. What you see is what was last known.</p>
      <p className="row">
        <button type="button" className="button primary" onClick={onSignIn}>
          Sign in
        </button>
      </p>
    </div>
  )
}

function Content() {
  const { data: messages, status } = useRealtime<Numbered>(useStory().topic('counter'), { last: 1 })
  return (
    <p>
      The counter is {status}, at {messages.at(-1)?.data.n ?? 'nothing'}.
    </p>
  )
}

/** The token has expired: one place says so, and after signing in everything goes on by itself. */
export const SignsInWhereTheSessionIsOver: StoryObj = {
  render: () => (
    <SignedOut>
      {(signIn) => (
        <>
          <Session onSignIn={signIn} />
          <Content />
        </>
      )}
    </SignedOut>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByRole('alert')
    await canvas.findByText('The counter is error, at nothing.')
    await userEvent.click(canvas.getByRole('button', { name: 'Sign in' }))
    await canvas.findByText(/^The counter is live, at \d+\.$/)
    await expect(canvas.queryByRole('alert')).toBeNull()
  },
}
