import type { Meta, StoryObj } from '@storybook/react-vite'
import { useRealtime } from 'everwire'
import { useLayoutEffect, useRef, useState } from 'react'
import { expect, fireEvent, userEvent, waitFor, within } from 'storybook/test'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import { scrollable } from '../../demo-server/page/lib/scrollable.ts'
import { setRate } from '../support/faults.ts'
import { useStory } from '../support/story.ts'
import './log-tail.css'

/**
 * The end of an endless log: `last` bounds it, a frame holds however many lines came, and it follows the newest line as
 * long as nobody scrolls up to read. `EventLog` of `everwire/components` is the ready-made one for thousands of lines.
 */
const meta: Meta = { title: 'Recipes/Log tail', parameters: { everwire: { onDemand: true } } }
export default meta

const LINES = 200

function Tail() {
  const { id, topic } = useStory()
  const { data: lines } = useRealtime<Numbered>(topic('counter'), { last: LINES })
  const [isAtEnd, setAtEnd] = useState(true)
  const [kept, keep] = useState(lines)
  // Who reads further up keeps what is there: lines that leave at the top would pull the text away.
  if (isAtEnd && kept !== lines) keep(lines)
  const newer =
    lines.length === 0 ? 0 : lines.length - 1 - lines.findLastIndex(({ id: key }) => key === kept.at(-1)?.id)
  const log = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (isAtEnd) log.current!.scrollTop = log.current!.scrollHeight
  }, [isAtEnd, kept])
  const look = () => {
    const { scrollTop, scrollHeight, clientHeight } = log.current!
    setAtEnd(scrollHeight - scrollTop - clientHeight < 8)
  }
  return (
    <section className="card" aria-label="Tail">
      <div className="log-tail" role="log" aria-label="Lines" aria-live="off" {...scrollable} ref={log} onScroll={look}>
        {kept.map(({ id: key, sentAt, data }) => (
          <p key={key}>
            <time>{new Date(sentAt).toISOString().slice(11, 23)}</time> line {data.n}
          </p>
        ))}
      </div>
      <p className="row">
        <button type="button" className="button" onClick={() => void setRate(id, 200)}>
          200 lines a second
        </button>
        <button type="button" className="button" disabled={isAtEnd} onClick={() => setAtEnd(true)}>
          {isAtEnd ? 'At the end' : `To the end, ${newer >= LINES - 1 ? 'many' : newer} newer`}
        </button>
      </p>
    </section>
  )
}

/** It follows the end, stands still for who reads further up, and goes on from the end again. */
export const FollowsTheEndUntilSomebodyReads: StoryObj = {
  render: () => <Tail />,
  async play({ canvasElement }) {
    const canvas = within(canvasElement)
    await userEvent.click(await canvas.findByRole('button', { name: '200 lines a second' }))
    const log = canvas.getByRole('log')
    await waitFor(() => expect(log.querySelectorAll('p')).toHaveLength(LINES))
    await expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(8)
    log.scrollTop = 400
    await fireEvent.scroll(log)
    await canvas.findByRole('button', { name: /^To the end, \d+ newer$/ })
    const before = log.textContent
    await canvas.findByRole('button', { name: 'To the end, many newer' })
    await expect(log.textContent).toBe(before)
    await expect(log.scrollTop).toBe(400)
    await userEvent.click(canvas.getByRole('button', { name: 'To the end, many newer' }))
    await waitFor(() => expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThan(8))
    await expect(log.textContent).not.toBe(before)
  },
}
