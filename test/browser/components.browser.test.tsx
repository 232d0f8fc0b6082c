import axe from 'axe-core'
import type { ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { ConnectionSnapshot } from '../../src/client/connection-snapshot.ts'
import {
  ConnectionBadge,
  EventLog,
  LiveChart,
  PresenceList,
  ReconnectBanner,
  TransportGuide,
  TransportPicker,
  TransportRace,
} from '../../src/components.ts'
import { EverwireError } from '../../src/protocol/errors.ts'
import { ClientContext } from '../../src/react/client-context.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'
import '../../src/components/styles.css'

vi.setConfig({ testTimeout: 60_000 })

function mount(client: FakeClient, page: ReactNode): HTMLElement {
  const container = document.body.appendChild(document.createElement('div'))
  const root = createRoot(container)
  flushSync(() => root.render(<ClientContext.Provider value={client}>{page}</ClientContext.Provider>))
  onTestFinished(() => {
    flushSync(() => root.unmount())
    container.remove()
  })
  return container
}

/** Lets frames pass until a fact is there. */
const eventually = (fact: () => void) =>
  vi.waitFor(
    async () => {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      fact()
    },
    { timeout: 15_000, interval: 10 },
  )

const rowsOf = (log: Element) => [...log.querySelectorAll('[data-kind]')].map(({ textContent }) => textContent)

test('the log renders what is seen of ten thousand entries, follows the newest, and stays where one reads', async () => {
  const client = createFakeClient()
  const container = mount(
    client,
    <EventLog
      topics="t"
      limit={10_000}
      describe={(entry) => ({
        what: '',
        where: '',
        text: entry.kind === 'message' ? `n${String(entry.message.data)}` : '',
      })}
    />,
  )
  const log = container.querySelector('[role="log"]')!
  flushSync(() => void client.burst('t', 10_000))
  await eventually(() => expect(rowsOf(log).at(-1)).toContain('n10000'))
  expect(rowsOf(log).length).toBeLessThan(60)
  expect(container).not.toHaveTextContent('To the newest')
  for (let burst = 1; burst <= 5; burst++) {
    flushSync(() => void client.burst('u', 1))
    flushSync(() => void client.emit('t', 'tick', 10_000 + burst))
    await eventually(() => expect(rowsOf(log).at(-1)).toContain(`n${10_000 + burst}`))
  }
  expect(container).not.toHaveTextContent('To the newest')

  log.scrollTop = 3000
  await eventually(() => expect(container).toHaveTextContent('To the newest'))
  const read = rowsOf(log)
  for (let count = 0; count < 5; count++) flushSync(() => void client.emit('t', 'tick', 'new'))
  await eventually(() => expect(container).toHaveTextContent('older ones dropped'))
  expect(rowsOf(log).filter((row) => read.includes(row)).length).toBeGreaterThan(read.length / 2)

  flushSync(() => container.querySelector<HTMLElement>('.ew-to-end')!.click())
  await eventually(() => expect(rowsOf(log).at(-1)).toContain('nnew'))
})

const pixelsOf = (canvas: HTMLCanvasElement) =>
  canvas
    .getContext('2d')!
    .getImageData(0, 0, canvas.width, canvas.height)
    .data.some((value) => value > 0)

test('the chart draws what comes, in the colour of the scheme', async () => {
  const client = createFakeClient()
  const container = mount(client, <LiveChart topic="t" label="Numbers" windowMs={2000} />)
  const canvas = container.querySelector('canvas')!
  await eventually(() => expect(canvas.clientWidth).toBeGreaterThan(0))
  expect(pixelsOf(canvas)).toBe(false)
  flushSync(() => void client.burst('t', 1000))
  await eventually(() => expect(pixelsOf(canvas)).toBe(true))
})

const error = new EverwireError('unreachable', 'the network is away', { retryable: true })
const TROUBLE: ConnectionSnapshot = {
  status: 'offline',
  transport: null,
  attempt: 1,
  retryAt: null,
  error,
  trail: [{ transport: 'websocket', reason: 'refused', detail: '', at: 1 }],
}
const MEMBERS = ['Ann Lee', 'Émile'].map((name) => ({ user: name, info: { name }, conns: 1 }))

const Gallery = () => (
  <main>
    <h1>Components</h1>
    <h2>Connection</h2>
    <ConnectionBadge graceMs={0} showLatency />
    <ReconnectBanner afterMs={0} />
    <TransportPicker />
    <h2>Data</h2>
    <PresenceList members={MEMBERS} count={9} self="Émile" />
    <EventLog topics="t" />
    <LiveChart topic="t" label="Numbers" />
    <h2>Guide</h2>
    <TransportGuide />
    <TransportRace aria-label="The race" />
  </main>
)

const CASES = (['light', 'dark'] as const).flatMap((scheme) =>
  (['ltr', 'rtl'] as const).flatMap((direction) => [
    { scheme, direction, connection: OPEN },
    { scheme, direction, connection: TROUBLE },
  ]),
)

test.each(CASES)(
  'everything meets WCAG 2.2 AA and fits 320 pixels, $scheme, $direction, $connection.status',
  async ({ scheme, direction, connection }) => {
    const page = document.documentElement
    page.style.colorScheme = scheme
    page.style.background = scheme === 'dark' ? '#0e1113' : '#ffffff'
    page.dir = direction
    page.lang = 'en'
    document.title = 'Components'
    onTestFinished(() => {
      page.removeAttribute('style')
      page.removeAttribute('dir')
    })
    const client = createFakeClient()
    client.setConnection(connection)
    const container = mount(client, <Gallery />)
    container.style.inlineSize = '320px'
    flushSync(() => void client.burst('t', 3))
    await eventually(() => expect(rowsOf(container).length).toBeGreaterThan(2))
    await eventually(() =>
      expect(container.querySelector('.ew-badge')).toHaveAttribute('data-status', connection.status),
    )
    for (const details of container.querySelectorAll('details')) flushSync(() => void (details.open = true))
    const { violations } = await axe.run(container, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
    expect(container.scrollWidth).toBeLessThanOrEqual(320)
    // What is written for machines reads from the left in every language.
    for (const text of container.querySelectorAll('.ew-code, .ew-text')) {
      expect(getComputedStyle(text).direction).toBe('ltr')
    }
  },
)
