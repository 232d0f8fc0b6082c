import { createClient, RealtimeProvider } from 'everwire'
import { type ReactNode, useState } from 'react'
import { useStory } from './story.ts'

/** Somebody else says something, with nothing but a POST: the send endpoint as any client would use it. */
export async function sayAs(name: string, topic: string, text: string): Promise<void> {
  const frame = { t: 'pub', id: '1', c: topic, e: 'message', d: { name, text }, k: crypto.randomUUID() }
  const response = await fetch('/realtime/send', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ v: 1, sid: 'a-session-of-somebody', f: [frame] }),
  })
  if (!response.ok) throw new Error(`expected the message to be stored, got ${await response.text()}`)
}

export interface VisitorProps {
  /** As whom the demo server knows it: it takes a token for a name. @defaultValue nobody in particular */
  readonly user?: string
  readonly children: ReactNode
}

/** Somebody else's browser: below it hooks have a client of their own, with a connection of its own. */
export function Visitor({ user, children }: VisitorProps) {
  const { id } = useStory()
  const [client] = useState(() =>
    createClient({
      url: `/realtime/~${id}`,
      storage: false,
      // Gone is gone: who is unmounted here has closed its tab.
      lingerMs: 0,
      ...(user !== undefined && { auth: () => user }),
    }),
  )
  return <RealtimeProvider client={client}>{children}</RealtimeProvider>
}

export interface SignedOutProps {
  /** @param signIn - from now on the token is one that the server takes, and the client tries again */
  readonly children: (signIn: () => void) => ReactNode
}

/** Below it hooks have a client whose token has expired: the server refuses it for good. */
export function SignedOut({ children }: SignedOutProps) {
  const { id } = useStory()
  const [{ client, signIn }] = useState(() => {
    let token = 'expired'
    const created = createClient({ url: `/realtime/~${id}`, storage: false, lingerMs: 0, auth: () => token })
    return {
      client: created,
      signIn: () => {
        token = 'ann'
        created.reconnect()
      },
    }
  })
  return <RealtimeProvider client={client}>{children(signIn)}</RealtimeProvider>
}
