import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { createRef } from 'react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { EventLog, LiveChart, PresenceList, TransportGuide, TransportRace } from '../../src/components.ts'
import type { TransportRecommendation } from '../../src/client/recommend-transport.ts'
import { createFakeClient, OPEN } from '../support/fake-client.ts'
import { expectAccessible, renderWith } from './support.tsx'

/** jsdom has none. */
function withClipboard(write: (text: string) => void) {
  const clipboard = { writeText: async (text: string) => write(text) }
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(navigator, 'clipboard'))
}

const member = (user: string, name?: string) => ({ user, info: name === undefined ? {} : { name }, conns: 1 })

test('the presence list shows names, oneself, and how many more there are', async () => {
  const members = [member('u1', 'Ann Lee'), member('u2'), member('u3', 'Émile'), member('u4', 'Zoë')]
  const ref = createRef<HTMLDivElement>()
  const { container, rerender } = renderWith(
    createFakeClient(),
    <PresenceList ref={ref} className="mine" lang="en" members={members} count={10} self="u2" max={3} />,
  )
  const items = within(screen.getByRole('list', { name: 'Who is here' })).getAllByRole('listitem')
  expect(items.map(({ textContent }) => textContent)).toEqual(['AAnn Lee', 'Uu2you', 'ÉÉmile', 'and 7 more'])
  expect(ref.current).toHaveClass('ew-presence', 'mine')
  expect(ref.current).toHaveAttribute('lang', 'en')
  await expectAccessible(container)
  rerender(<PresenceList members={[]} labels={{ empty: 'Niemand' }} />)
  expect(container).toHaveTextContent(/^Niemand$/)
  await expectAccessible(container)
  rerender(<PresenceList members={members}>{({ user }) => <b>{user}</b>}</PresenceList>)
  expect(screen.getAllByRole('listitem')).toHaveLength(4)
})

test('the presence list watches a topic without being in it', async () => {
  const client = createFakeClient()
  renderWith(client, <PresenceList topic="chat:lobby" />)
  await waitFor(() => expect(client.wishes).toEqual([{ t: 'pres', c: 'chat:lobby', on: false, watch: true }]))
  act(() => {
    client.tellPresence('chat:lobby', { ok: 1, i: 'v1', n: 1 })
    client.tellPresence('chat:lobby', { all: 1, i: 'v1', join: [member('u1', 'Ann Lee')], n: 1 })
  })
  expect(await screen.findByText('Ann Lee')).toBeInTheDocument()
})

test('the log can be paused, cleared and asked for in JSON, and says what it left out', async () => {
  const client = createFakeClient()
  const written: string[] = []
  withClipboard((text) => void written.push(text))
  const { container } = renderWith(client, <EventLog topics="t" limit={5} id="log" className="mine" />)
  expect(screen.getByRole('log', { name: 'Events' })).toHaveTextContent('Nothing happened yet.')
  expect(container.firstElementChild).toHaveClass('ew-log', 'mine')
  act(() => void client.burst('t', 12))
  expect(await screen.findByText('5 entries, 7 older ones dropped')).toBeInTheDocument()
  await expectAccessible(container)
  fireEvent.click(screen.getByRole('button', { name: 'Pause' }))
  act(() => void client.burst('t', 3))
  expect(await screen.findByText(/3 more meanwhile/)).toBeInTheDocument()
  fireEvent.click(screen.getByRole('button', { name: 'Copy as JSON' }))
  expect(await screen.findByText('Copied')).toBeInTheDocument()
  expect(JSON.parse(written[0]!)).toMatchObject(
    [8, 9, 10, 11, 12].map((data) => ({ kind: 'message', message: { data } })),
  )
  fireEvent.click(screen.getByRole('button', { name: 'Go on' }))
  fireEvent.change(screen.getByRole('searchbox', { name: 'Filter' }), { target: { value: 'nowhere' } })
  expect(await screen.findByText('Nothing matches the filter.')).toBeInTheDocument()
  fireEvent.click(screen.getByRole('button', { name: 'Clear' }))
  expect(await screen.findByText('Nothing happened yet.')).toBeInTheDocument()
})

test('a clipboard that refuses is told', async () => {
  withClipboard(() => {
    throw new Error('not allowed')
  })
  renderWith(createFakeClient(), <EventLog />)
  fireEvent.click(screen.getByRole('button', { name: 'Copy as JSON' }))
  expect(await screen.findByText('Could not be copied')).toBeInTheDocument()
})

test('ten thousand messages render a chart not once, and its table has what they said', async () => {
  const client = createFakeClient()
  let renders = 0
  const Counted = () => {
    renders++
    return <LiveChart topic="t" label="Numbers" y={({ data }) => data as number} className="mine" />
  }
  const { container, unmount } = renderWith(client, <Counted />)
  const html = container.innerHTML
  const before = renders
  for (let burst = 0; burst < 10; burst++) act(() => void client.burst('t', 1000))
  expect(renders).toBe(before)
  expect(container.innerHTML).toBe(html)
  expect(screen.getByRole('img', { name: 'Numbers' })).toBeInTheDocument()
  const details = container.querySelector('details')!
  details.open = true
  fireEvent(details, new Event('toggle'))
  expect(screen.getByRole('table', { name: 'Numbers' })).toHaveTextContent(/5 s ago11,0001,00010000/)
  await expectAccessible(container)
  unmount()
  expect(client.listeners).toBe(0)
})

test('the guide ranks anew with each answer, and hands over the code', async () => {
  const heard = vi.fn<(recommendation: TransportRecommendation) => void>()
  const ref = createRef<HTMLElement>()
  const { container } = renderWith(createFakeClient(), <TransportGuide ref={ref} onRecommend={heard} />)
  const order = () => screen.getAllByRole('heading', { level: 4 }).map(({ textContent }) => textContent.split(' ')[0])
  expect(order()[0]).toBe('Server-Sent')
  fireEvent.click(screen.getByRole('radio', { name: 'Both, often' }))
  expect(order()[0]).toBe('WebSocket')
  fireEvent.click(screen.getByRole('radio', { name: 'Functions with seconds to live' }))
  expect(order()[0]).toBe('Long')
  expect(screen.getByText(/^Begin here/)).toHaveTextContent('Begin here: Long polling')
  expect(heard).toHaveBeenCalledTimes(2)
  expect(heard.mock.lastCall![0].ranked[0].transport).toBe('longpoll')
  expect(container.querySelector('pre')).toHaveTextContent('transports: [longPoll()]')
  expect(ref.current).toHaveClass('ew-guide')
  await expectAccessible(container)
})

test('a number that is being typed does not break the guide', () => {
  renderWith(createFakeClient(), <TransportGuide />)
  const tabs = screen.getByRole('spinbutton', { name: 'Tabs that one user has open' })
  fireEvent.change(tabs, { target: { value: '' } })
  fireEvent.change(tabs, { target: { value: '-3' } })
  fireEvent.change(tabs, { target: { value: '20' } })
  fireEvent.click(screen.getAllByRole('radio', { name: 'No' }).at(-1)!)
  expect(screen.getByText(/shareTabs: true/)).toBeInTheDocument()
})

test('a race that cannot be run says why, and can be run again', async () => {
  const { container } = renderWith(
    createFakeClient(),
    <TransportRace url="http://127.0.0.1:9/realtime" transports={[]} className="mine" labels={{ start: 'Los' }} />,
  )
  await expectAccessible(container)
  fireEvent.click(screen.getByRole('button', { name: 'Los' }))
  fireEvent.click(await screen.findByRole('button', { name: 'Stop' }))
  expect(await screen.findByRole('button', { name: 'Los' })).toBeInTheDocument()
  expect(container.firstElementChild).toHaveClass('ew-race', 'mine')
})

test('what carries the traffic is in the log', async () => {
  const client = createFakeClient()
  renderWith(client, <EventLog limit={10} />)
  act(() => client.setConnection(OPEN))
  expect(await screen.findByText('1 entry')).toBeInTheDocument()
})
