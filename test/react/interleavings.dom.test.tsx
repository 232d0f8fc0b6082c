import { configure } from '@testing-library/react'
import { afterEach, beforeEach, test, vi } from 'vitest'
import { checkInterleavings } from './interleavings.tsx'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

configure({ reactStrictMode: true })

test(
  'whatever comes in between, handlers hear each number once and in order, and the state holds them all',
  () => checkInterleavings(undefined, Infinity, 200),
  60_000,
)

test('where the server forgets, what is missing was told', () => checkInterleavings(undefined, 4, 200), 60_000)
