import type { Decorator } from '@storybook/react-vite'
import { type ReactNode, useEffect } from 'react'

function Scheme({ scheme, children }: { readonly scheme: unknown; readonly children: ReactNode }) {
  useEffect(() => {
    document.documentElement.style.colorScheme = scheme === 'light' || scheme === 'dark' ? scheme : ''
  }, [scheme])
  return children
}

/** Light or dark, as the toolbar says; else as the system does. */
export const withScheme: Decorator = (Story, { globals }) => (
  <Scheme scheme={globals['scheme']}>
    <Story />
  </Scheme>
)
