import { StrictMode, type ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { expect, onTestFinished, vi } from 'vitest'
import type { Faults } from '../../demo-server/faults/switches.ts'
import type { Numbered } from '../../demo-server/topics/counters.ts'
import type { ServerStats } from '../../src/server.ts'
import { type ClientOptions, createClient, type RealtimeClient } from '../../src/index.ts'

/** One visitor of the demo server that serves this page: a name for its topics, and switches that break its network. */
export interface Visitor {
  /** The base URL of its endpoints; they are reached through its faults. */
  readonly url: string
  topic(family: 'chat' | 'counter' | 'ticker'): string
  openClient(options?: Omit<ClientOptions, 'url'>): RealtimeClient
  break(faults: Partial<Faults>): Promise<void>
  /** How many messages a second come on its counter. */
  setRate(perSecond: number): Promise<void>
}

export function visit(): Visitor {
  const name = crypto.randomUUID()
  const url = `/realtime/~${name}`
  return {
    url,
    topic: (family) => `${family}:${name}`,
    openClient(options) {
      const client = createClient({ url, storage: false, ...options })
      onTestFinished(() => client.dispose())
      return client
    },
    break: (faults) => post(`/faults/${name}`, faults),
    setRate: (perSecond) => post(`/counters/${name}`, { perSecond }),
  }
}

async function post(url: string, value: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(value) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

/** What the server sees of all clients, `tutorial` of those that use the plain hooks. */
export interface Seen extends Pick<ServerStats, 'connections' | 'subscriptions'> {
  readonly tutorial: { readonly rooms: number; readonly polls: number }
}

export async function serverSees(): Promise<Seen> {
  const response = await fetch('/stats')
  return (await response.json()) as Seen
}

export const NOBODY: Seen = {
  connections: { websocket: 0, sse: 0, longpoll: 0 },
  subscriptions: 0,
  tutorial: { rooms: 0, polls: 0 },
}

/** Waits until the server sees what is expected. */
export const untilServerSees = (expected: Partial<Seen>): Promise<void> =>
  vi.waitFor(async () => expect(await serverSees()).toMatchObject(expected), PATIENCE)

/** For facts that come over a network, on a machine that may be busy. */
export const PATIENCE = { timeout: 20_000, interval: 20 } as const

export interface Mounted {
  readonly text: () => string | null
  readonly unmount: () => void
}

/** Mounts in StrictMode; the effects have run when it returns. */
export function mount(tree: ReactNode): Mounted {
  const container = document.body.appendChild(document.createElement('div'))
  const root = createRoot(container)
  const unmount = () => {
    flushSync(() => root.unmount())
    container.remove()
  }
  onTestFinished(unmount)
  flushSync(() => root.render(<StrictMode>{tree}</StrictMode>))
  return { text: () => container.textContent, unmount }
}

/** That the numbers of one run follow each other from the first one on: none lost, none doubled, none out of order. */
export function expectUnbroken(messages: readonly Numbered[]): void {
  const [first] = messages
  expect(new Set(messages.map(({ run }) => run)).size).toBe(1)
  expect(messages.map(({ n }) => n)).toEqual(messages.map((_, index) => first!.n + index))
}
