import type { Meta, StoryObj } from '@storybook/react-vite'
import { live, useRealtime } from 'everwire'
import { expect, userEvent, waitFor, within } from 'storybook/test'
import type { ChatMessage } from '../../demo-server/topics/chat.ts'
import { LeaveAndReturn } from '../support/away.tsx'
import { figureIn } from '../support/figures.ts'
import { Visitor } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import './people.css'

/**
 * Many people count together. What is sent is the step and never the sum, so no update of another one is overwritten; each
 * step is stored once, also when it had to be sent twice. Here the sum is made of the topic's history; where that is
 * shorter than the counting lasts, the server's `snapshot` says the sum and `restore` takes it.
 */
const meta: Meta = { title: 'Recipes/Collaborative counter' }
export default meta

const sum = (topic: string) =>
  live<number, ChatMessage>({
    topic,
    name: 'sum',
    initial: 0,
    // The demo's rooms take a name and a text: the text is the step.
    reduce: (total, { data }) => total + Number(data.text),
  })

function Counter({ name }: { readonly name: string }) {
  const { data: total, status, send } = useRealtime(sum(useStory().topic('chat')))
  const add = (step: string) => void send('message', { name, text: step })
  return (
    <section className="card" aria-label={`The window of ${name}`}>
      <p>
        {name} is {status} and sees <output data-testid={name}>{total}</output>
      </p>
      <p className="row">
        <button type="button" className="button primary" onClick={() => add('+1')}>
          Add one
        </button>
        <button type="button" className="button" onClick={() => add('-1')}>
          Take one
        </button>
        <LeaveAndReturn />
      </p>
    </section>
  )
}

const NAMES = ['Ann', 'Bob'] as const

const press = async (canvasElement: HTMLElement, name: string, button: string) => {
  const page = within(await within(canvasElement).findByRole('region', { name: `The window of ${name}` }))
  await userEvent.click(page.getByRole('button', { name: button }))
}

const bothSee = (canvasElement: HTMLElement, total: number) =>
  waitFor(() => expect(NAMES.map((name) => figureIn(canvasElement, name))).toEqual([total, total]))

/** Both add at the same time, and no step is lost. */
export const NoStepIsLost: StoryObj = {
  render: () => (
    <div className="windows">
      {NAMES.map((name) => (
        <Visitor key={name}>
          <Counter name={name} />
        </Visitor>
      ))}
    </div>
  ),
  async play({ canvasElement }) {
    for (let left = 5; left > 0; left--) {
      for (const name of NAMES) await press(canvasElement, name, 'Add one')
    }
    await bothSee(canvasElement, 10)
    await press(canvasElement, 'Bob', 'Take one')
    await bothSee(canvasElement, 9)
  },
}

/** Bob counts while he is away: his steps are added to Ann's when he comes back, each once. */
export const StepsTakenOfflineAreAddedLater: StoryObj = {
  ...NoStepIsLost,
  async play({ canvasElement }) {
    await press(canvasElement, 'Ann', 'Add one')
    await bothSee(canvasElement, 1)
    await press(canvasElement, 'Bob', 'Go away')
    for (let left = 3; left > 0; left--) await press(canvasElement, 'Bob', 'Add one')
    await press(canvasElement, 'Ann', 'Add one')
    await waitFor(() => expect(figureIn(canvasElement, 'Ann')).toBe(2))
    await expect(figureIn(canvasElement, 'Bob')).toBe(1)
    await press(canvasElement, 'Bob', 'Come back')
    await bothSee(canvasElement, 5)
  },
}
