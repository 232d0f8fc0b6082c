import type { Decorator } from '@storybook/react-vite'
import { type ReactNode, useState } from 'react'
import type { FaultName } from './faults.ts'
import { NeedsDemoServer } from './needs-demo-server.tsx'
import { RunStory } from './run-story.tsx'
import type { EverwireParameters, TransportChoice } from './story.ts'
import './support.css'

/** A browser has six connections to a host over HTTP/1.1, and a page of docs many stories. */
function OnDemand({ children }: { readonly children: ReactNode }) {
  const [isStarted, setStarted] = useState(false)
  if (isStarted) return children
  return (
    <button type="button" className="button" onClick={() => setStarted(true)}>
      Run this story
    </button>
  )
}

/**
 * Gives every story the demo server or a message, a client of its own in a provider, and what the toolbar says about
 * transports and faults.
 */
export const withStory: Decorator = (Story, { id, globals, parameters, viewMode }) => {
  const asked = (parameters['everwire'] ?? {}) as EverwireParameters
  const { transport, fault } = globals as { transport?: TransportChoice | 'story'; fault?: FaultName | 'story' }
  const chosenTransport = transport && transport !== 'story' ? transport : (asked.transport ?? 'ladder')
  const chosenFault = fault && fault !== 'story' ? fault : (asked.fault ?? 'none')
  const isPlain = chosenFault === 'none' && ['ladder', 'websocket'].includes(chosenTransport)
  const waits = viewMode === 'docs' && (asked.onDemand ?? !isPlain)
  const story = (
    <NeedsDemoServer>
      <RunStory name={id} transport={chosenTransport} fault={chosenFault} isPatient={asked.isPatient ?? false}>
        <Story />
      </RunStory>
    </NeedsDemoServer>
  )
  return <div className="story">{waits ? <OnDemand>{story}</OnDemand> : story}</div>
}
