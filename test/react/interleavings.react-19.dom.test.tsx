import { configure } from '@testing-library/react'
import { Activity } from 'react'
import { afterEach, beforeEach, test, vi } from 'vitest'
import { checkInterleavings, type Hide } from './interleavings.tsx'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

const Hidden: Hide = ({ hidden, children }) => <Activity mode={hidden ? 'hidden' : 'visible'}>{children}</Activity>

test(
  'trees that hide and return miss nothing of the state, and of events nothing that they want',
  () => checkInterleavings(Hidden, Infinity, 200),
  60_000,
)

test('where the server forgets, what is missing was told', () => checkInterleavings(Hidden, 4, 200), 60_000)
