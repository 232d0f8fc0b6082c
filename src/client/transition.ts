import type { ConnectionEvent, Machine } from './connection-state.ts'
import { createSteps } from './connection-steps.ts'
import { forgetFailures, type LadderSettings } from './ladder.ts'

/** What comes after `event`. Pure: the same state and event give the same result. */
export function transition(machine: Machine, event: ConnectionEvent, settings: LadderSettings): Machine {
  const { state, ladder } = machine
  const step = createSteps(ladder, event, settings)
  switch (event.type) {
    case 'wanted':
      return state.kind === 'idle' ? step.connect(0, null) : machine
    case 'unwanted':
      // A failure is kept until somebody asks to reconnect: it would only fail again.
      return state.kind === 'failed' || state.kind === 'suspended' ? machine : { state: { kind: 'idle' }, ladder }
    case 'dispose':
      return { state: { kind: 'idle' }, ladder }
    case 'suspend':
      // Who closed it on purpose does not want it back because the page was hidden meanwhile.
      return state.kind === 'failed' || (state.kind === 'suspended' && event.reason !== 'manual')
        ? machine
        : { state: { kind: 'suspended', reason: event.reason }, ladder }
    case 'resume':
      if (state.kind !== 'suspended') return machine
      return event.wanted ? step.connect(0, null) : { state: { kind: 'idle' }, ladder }
    case 'reconnect':
      if (state.kind === 'open') return step.replace(state, true)
      return createSteps(forgetFailures(ladder), event, settings).connect(0, null)
    case 'wake':
      if (state.kind === 'waiting') return step.connect(state.attempt, state.error)
      if (state.kind !== 'connecting' && state.kind !== 'open') return machine
      return step.wake({ state, ladder }, event.doubt)
    case 'replace':
      return state.kind === 'open' ? step.replace(state, false) : machine
    case 'suspect':
      return state.kind === 'open' && !state.carrier.suspect ? step.suspect(state, 'quiet', ladder) : machine
    case 'revived':
      return state.kind === 'open' && state.carrier.suspect === 'quiet' ? step.revive(state) : machine
    case 'uplink-dead':
      return state.kind === 'open' && state.carrier.id === event.id ? step.uplinkDead(state, event.detail) : machine
    case 'tick':
      return step.tick(machine)
    case 'reached':
    case 'stale':
      return step.trialChanged(machine, event.id, event.type)
    case 'proven':
      return step.proven(machine, event.id, event.retry)
    case 'ended':
      return step.ended(machine, event.id, event.end, event.retry)
  }
}
