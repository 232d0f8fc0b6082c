import type { Meta, StoryObj } from '@storybook/react-vite'
import { type Message, useRealtimeClient } from 'everwire'
import { useEffect, useState } from 'react'
import { userEvent, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { useStory } from '../support/story.ts'

/**
 * The client of the nearest provider, for what has no hook of its own: a stream, a cursor, to connect and disconnect.
 * Where there is no provider above it throws, and says so.
 */
const meta: Meta = { title: 'Hooks/useRealtimeClient' }
export default meta

/** Pairs of numbers, as a loop reads them: what a hook could not say more simply. */
function Pairs() {
  const client = useRealtimeClient()
  const topic = useStory().topic('counter')
  const [pair, setPair] = useState<readonly number[]>([])
  useEffect(() => {
    const abort = new AbortController()
    const readPairs = async () => {
      let first: Message<Numbered> | undefined
      for await (const message of client.stream<Numbered>(topic, { signal: abort.signal })) {
        if (first) setPair([first.data.n, message.data.n])
        first = first ? undefined : message
      }
    }
    void readPairs()
    return () => abort.abort()
  }, [client, topic])
  return <p>The last pair: {pair.join(' and ') || 'none yet'}</p>
}

/** A loop over `client.stream` runs as long as the component does. */
export const AComponentReadsAStream: StoryObj = {
  render: () => <Pairs />,
  async play({ canvasElement }) {
    await within(canvasElement).findByText(/^The last pair: \d+ and \d+$/)
  },
}

function Cursor() {
  const client = useRealtimeClient()
  const topic = useStory().topic('counter')
  const [cursor, setCursor] = useState('not looked at')
  useEffect(() => client.on(topic, '*', () => {}), [client, topic])
  return (
    <section className="card" aria-label="Cursor">
      <p className="row">
        <button
          type="button"
          className="button"
          onClick={() => setCursor(client.dehydrate().cursor[topic] ?? 'not there yet')}
        >
          Look at the cursor
        </button>
      </p>
      <p>The cursor is {cursor}</p>
    </section>
  )
}

/** `client.dehydrate()` says where each topic stands: with it another client goes on without a gap. */
export const TheClientKnowsWhereItStands: StoryObj = {
  render: () => (
    <>
      <Pairs />
      <Cursor />
    </>
  ),
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await canvas.findByText(/^The last pair: \d+/)
    await userEvent.click(canvas.getByRole('button', { name: 'Look at the cursor' }))
    await canvas.findByText(/^The cursor is .+\.\d+-/)
  },
}
