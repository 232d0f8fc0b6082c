import { useConnection } from 'everwire'
import type { ReactNode } from 'react'
import type { FaultPart } from '../../faults/switches.ts'
import { FAULT_LABELS } from './fault-labels.ts'
import { FaultSwitch } from './FaultSwitch.tsx'
import { RUNGS, type RungView, viewRungs } from './rungs.ts'
import { TimelineStrip } from './TimelineStrip.tsx'
import { useFaults } from './use-faults.ts'
import './ladder-card.css'

/** The three transports as a ladder, with a switch at each rung that breaks it. */
export function LadderCard({ clientId }: { readonly clientId: string }) {
  const connection = useConnection()
  const { faults, error, change, mend } = useFaults(clientId)
  const [websocket, sse, longpoll] = viewRungs(connection)
  const current = RUNGS.findIndex(({ transport }) => transport === connection.transport)

  const switchFor = <Part extends FaultPart>(part: Part, label: string) => (
    <FaultSwitch
      label={label}
      labels={FAULT_LABELS[part]}
      value={faults[part]}
      onChange={(fault) => void change({ [part]: fault })}
    />
  )
  const effectOf = (part: FaultPart) => (FAULT_LABELS[part] as Record<string, { effect: string }>)[faults[part]]!.effect

  return (
    <section className="card ladder-card" aria-labelledby="ladder-title">
      <h2 id="ladder-title">Break the wire</h2>
      <p className="explain">
        Each rung is a way to the server. Break one: the page falls to the next, and climbs back once it is mended.
      </p>

      <div className="actions">
        <button type="button" className="button primary" onClick={() => void change({ websocket: 'refuse' })}>
          Break the WebSocket
        </button>
        <button type="button" className="button" onClick={() => void change({ sse: 'mute' })}>
          Break SSE
        </button>
        <button
          type="button"
          className="button"
          onClick={() => void change({ websocket: 'refuse', sse: 'mute', poll: 'lossy', send: 'block' })}
        >
          Break everything
        </button>
        <button type="button" className="button" onClick={() => void mend()}>
          Mend everything
        </button>
      </div>
      {error !== undefined && (
        <p className="complaint" role="alert">
          The switches did not move: {error}
        </p>
      )}

      <ol className="ladder" style={{ '--rung': current }} data-current={connection.transport ?? 'none'}>
        <Rung view={websocket!} effect={effectOf('websocket')}>
          {switchFor('websocket', 'WebSocket')}
        </Rung>
        <Rung view={sse!} effect={effectOf('sse')}>
          {switchFor('sse', 'Server-Sent Events')}
        </Rung>
        <Rung view={longpoll!} effect={effectOf('poll')}>
          {switchFor('poll', 'long polling')}
        </Rung>
      </ol>
      <div className="sending">
        <div>
          <h3>Sending</h3>
          <p className="effect">{effectOf('send') || 'Beside a stream or a poll, messages are posted.'}</p>
        </div>
        {switchFor('send', 'sending')}
      </div>

      <TimelineStrip />
    </section>
  )
}

function Rung({
  view,
  effect,
  children,
}: {
  readonly view: RungView
  readonly effect: string
  readonly children: ReactNode
}) {
  return (
    <li className="rung" data-state={view.state} data-testid={`rung-${view.transport}`}>
      <div>
        <h3>{view.label}</h3>
        <p className="rung-state">{view.text}</p>
        {effect && <p className="effect">{effect}</p>}
      </div>
      {children}
    </li>
  )
}
