import type { Decorator } from '@storybook/react-vite'
import { type ReactNode, useEffect, useState } from 'react'

type Found = 'looking' | 'found' | 'absent'

function NeedsDemoServer({ children }: { readonly children: ReactNode }) {
  const [found, setFound] = useState<Found>('looking')
  useEffect(() => {
    const abort = new AbortController()
    fetch('/faults/storybook', { signal: abort.signal }).then(
      (response) => setFound(response.headers.get('content-type') === 'application/json' ? 'found' : 'absent'),
      () => {
        if (!abort.signal.aborted) setFound('absent')
      },
    )
    return () => abort.abort()
  }, [])
  if (found === 'found') return children
  if (found === 'looking') return <p>Looking for the demo server…</p>
  return (
    <p role="alert">
      This story needs the demo server on the same origin. Start Storybook with <code>npm run storybook</code>, which
      brings it along.
    </p>
  )
}

/** Shows a story only where the demo server answers, and says what to do where it does not. */
export const withDemoServer: Decorator = (Story) => (
  <NeedsDemoServer>
    <Story />
  </NeedsDemoServer>
)
