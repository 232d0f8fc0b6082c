import { createClient, eventStream, longPoll, type RealtimeClient, RealtimeProvider, webSocket } from 'everwire'
import { type ReactNode, useEffect, useState } from 'react'
import { FAULT_PRESETS, type FaultName, setFaults } from './faults.ts'
import { type RunningStory, StoryContext, type TransportChoice } from './story.ts'

export interface RunStoryProps {
  /** The story's id in Storybook. */
  readonly name: string
  readonly transport: TransportChoice
  readonly fault: FaultName
  readonly isPatient: boolean
  readonly children: ReactNode
}

const TRANSPORTS = { websocket: webSocket, sse: eventStream, longpoll: longPoll }

/** A name as the demo server takes it: 1 to 64 of `[\w-]`. Each run has another one, so histories start empty. */
const nameRun = (story: string) => `${story.replace(/^.*?-/, '').slice(-40)}-${crypto.randomUUID().slice(0, 8)}`

function createStoryClient(id: string, transport: TransportChoice, isPatient: boolean): RealtimeClient {
  return createClient({
    url: `/realtime/~${id}`,
    // Short enough to watch; a real page has no hurry to climb.
    ladder: { climb: { minMs: 500, maxMs: 4000 }, ...(isPatient && { retry: { minMs: 60_000, maxMs: 60_000 } }) },
    // Each run is another client, so there is nothing to remember.
    storage: false,
    ...(transport !== 'ladder' && { transports: [TRANSPORTS[transport]()] }),
  })
}

/** Runs a story with a client of its own, whose path to the server is broken before anybody uses it. */
export function RunStory({ name, transport, fault, isPatient, children }: RunStoryProps) {
  const [id] = useState(() => nameRun(name))
  const [isBroken, setBroken] = useState(false)
  const [complaint, setComplaint] = useState<string>()

  useEffect(() => {
    setFaults(id, FAULT_PRESETS[fault].faults).then(
      () => setBroken(true),
      (cause: unknown) => setComplaint(cause instanceof Error ? cause.message : String(cause)),
    )
  }, [id, fault])

  if (complaint !== undefined) {
    return (
      <p className="complaint" role="alert">
        The fault switches did not move: {complaint}
      </p>
    )
  }
  if (!isBroken) return <p className="explain">Starting the story…</p>
  return (
    // Another choice of transport is another client: what stands on the old one starts anew.
    <WithClient key={transport} id={id} transport={transport} isPatient={isPatient}>
      {children}
    </WithClient>
  )
}

function WithClient({
  id,
  transport,
  isPatient,
  children,
}: Pick<RunStoryProps, 'transport' | 'isPatient' | 'children'> & { readonly id: string }) {
  const [story] = useState<RunningStory>(() => ({
    id,
    client: createStoryClient(id, transport, isPatient),
    topic: (family) => `${family}:${id}`,
  }))
  useEffect(() => {
    const { client } = story
    // Effects run again after Fast Refresh: only what was closed here is opened here.
    if (client.connection.getSnapshot().status === 'suspended') client.connect()
    return () => client.disconnect()
  }, [story])
  return (
    <StoryContext.Provider value={story}>
      <RealtimeProvider client={story.client}>{children}</RealtimeProvider>
    </StoryContext.Provider>
  )
}
