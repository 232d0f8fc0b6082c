import { RealtimeProvider } from 'everwire'
import { type ReactNode, useState } from 'react'

export interface WithClientProps {
  readonly children: (clientId: string) => ReactNode
}

/** A client of the story's own, which names itself in its URL, so that it can be broken without breaking others. */
export function WithClient({ children }: WithClientProps) {
  const [clientId] = useState(() => crypto.randomUUID())
  return (
    <RealtimeProvider url={`/realtime/~${clientId}`} storage={false} ladder={{ climb: { minMs: 500, maxMs: 4000 } }}>
      {children(clientId)}
    </RealtimeProvider>
  )
}
