import type { RealtimeClient, TransportName } from 'everwire'
import { createContext, useContext } from 'react'
import type { FaultName } from './faults.ts'

/** What the toolbar chooses: all transports with fallback, or one alone. */
export type TransportChoice = 'ladder' | TransportName

/** What a story may ask for, under `parameters.everwire`. */
export interface EverwireParameters {
  /** What is broken from the start, unless the toolbar says otherwise. @defaultValue 'none' */
  readonly fault?: FaultName
  /** The transports, unless the toolbar says otherwise. @defaultValue 'ladder' */
  readonly transport?: TransportChoice
  /** Waits so long between attempts that nothing comes back by itself while somebody looks. @defaultValue false */
  readonly isPatient?: boolean
  /** Waits for a click on the docs page: for stories that load the page. @defaultValue true where something is broken */
  readonly onDemand?: boolean
}

/** A story that runs: it has a client and names of its own, so no other story is in its way. */
export interface RunningStory {
  /** Names the client to the fault switches, and makes topics the story's own. */
  readonly id: string
  readonly client: RealtimeClient
  /** A topic of the story's own in one of the demo server's families, such as `chat` or `counter`. */
  topic(this: void, family: 'chat' | 'counter' | 'ticker' | 'notifications'): string
}

export const StoryContext = createContext<RunningStory | null>(null)

/** The story around. */
export function useStory(): RunningStory {
  const story = useContext(StoryContext)
  if (!story) throw new Error('expected the decorator of .storybook/preview.tsx around this story, found none')
  return story
}
