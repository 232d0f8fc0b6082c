import { useRealtimeClient } from 'everwire'
import type { ReactNode } from 'react'
import { setFaults } from './faults.ts'
import { sayAs } from './somebody-else.tsx'
import { useStory } from './story.ts'

export interface CutAndMendProps {
  /** Other buttons, between the two. */
  readonly children?: ReactNode
}

/** Buttons that refuse the story's WebSocket, and that mend everything. */
export function CutAndMend({ children }: CutAndMendProps) {
  const { id } = useStory()
  return (
    <>
      <button type="button" className="button" onClick={() => void setFaults(id, { websocket: 'refuse' })}>
        Cut
      </button>
      {children}
      <button type="button" className="button" onClick={() => void setFaults(id, {})}>
        Mend
      </button>
    </>
  )
}

/** Buttons that close the connection of whoever presses them, and open it again. */
export function LeaveAndReturn() {
  const client = useRealtimeClient()
  return (
    <>
      <button type="button" className="button" onClick={() => client.disconnect()}>
        Go away
      </button>
      <button type="button" className="button" onClick={() => client.connect()}>
        Come back
      </button>
    </>
  )
}

/** The same, and Bob says something in the room meanwhile. */
export function LeaveWhileBobSpeaks() {
  const { topic } = useStory()
  return (
    <p className="row">
      <LeaveAndReturn />
      <button type="button" className="button" onClick={() => void sayAs('Bob', topic('chat'), 'Hello Ann')}>
        Let Bob say something
      </button>
    </p>
  )
}
