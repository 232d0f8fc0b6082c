import type { Meta, StoryObj } from '@storybook/react-vite'
import { usePresence } from 'everwire'
import { type PointerEvent, useState } from 'react'
import { expect, fireEvent, waitFor, within } from 'storybook/test'
import { Visitor } from '../support/somebody-else.tsx'
import { useStory } from '../support/story.ts'
import './people.css'

/**
 * Where the others point, as part of their presence: it ends with them, and nobody has to clean up. The server tells what
 * changes within 250 ms together (`limits.presenceMs`), and the eye is helped by a transition.
 */
const meta: Meta = { title: 'Recipes/Cursors' }
export default meta

interface Pointer {
  readonly name: string
  /** In percent of the desk; absent while the pointer is elsewhere. */
  readonly at?: { readonly x: number; readonly y: number }
}

function Desk({ name }: { readonly name: string }) {
  const [at, setAt] = useState<Pointer['at']>()
  const { members, self } = usePresence<Pointer>(useStory().topic('chat'), { name, ...(at && { at }) })
  const move = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect()
    setAt({ x: Math.round(((clientX - left) / width) * 100), y: Math.round(((clientY - top) / height) * 100) })
  }
  return (
    <section className="card" aria-label={`The window of ${name}`}>
      <p>{name}</p>
      <div className="desk" data-testid={`desk-${name}`} onPointerMove={move} onPointerLeave={() => setAt(undefined)}>
        {members.map(
          ({ user, info }) =>
            user !== self &&
            info.at && (
              <span key={user} className="cursor" style={{ left: `${info.at.x}%`, top: `${info.at.y}%` }}>
                {info.name}
              </span>
            ),
        )}
      </div>
    </section>
  )
}

const Desks = ({ names }: { readonly names: readonly string[] }) => (
  <>
    <p className="row explain">Move the pointer over one of the two desks.</p>
    <div className="windows">
      {names.map((name) => (
        <Visitor key={name}>
          <Desk name={name} />
        </Visitor>
      ))}
    </div>
  </>
)

function pointAt(desk: HTMLElement, x: number, y: number) {
  const { left, top, width, height } = desk.getBoundingClientRect()
  return fireEvent.pointerMove(desk, { clientX: left + (width * x) / 100, clientY: top + (height * y) / 100 })
}

const placeOf = ({ style }: HTMLElement) => [style.left, style.top]

/** Ann points at something, Bob sees where, and sees her pointer go. */
export const TheOthersSeeWhereOnePoints: StoryObj = {
  render: () => <Desks names={['Ann', 'Bob']} />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    const ann = await canvas.findByTestId('desk-Ann')
    const bob = within(canvas.getByTestId('desk-Bob'))
    await pointAt(ann, 25, 50)
    await waitFor(() => expect(placeOf(bob.getByText('Ann'))).toEqual(['25%', '50%']))
    await pointAt(ann, 75, 10)
    await waitFor(() => expect(placeOf(bob.getByText('Ann'))).toEqual(['75%', '10%']))
    // Nobody sees a pointer of one's own.
    await expect(within(ann).queryByText('Ann')).toBeNull()
    // React hears of a pointer that leaves by the event that says so to the elements around too.
    await fireEvent.pointerOut(ann, { relatedTarget: document.body })
    await waitFor(() => expect(bob.queryByText('Ann')).toBeNull())
  },
}
