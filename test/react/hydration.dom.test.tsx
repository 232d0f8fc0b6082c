import { act } from '@testing-library/react'
import { type ReactNode, StrictMode, Suspense } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { live } from '../../src/client/live.ts'
import { RealtimeProvider } from '../../src/react/realtime-provider.tsx'
import { useConnection } from '../../src/react/use-connection.ts'
import { useRealtime } from '../../src/react/use-realtime.ts'
import { createFakeClient, type FakeClient, OPEN } from '../support/fake-client.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const count = live({ topic: 'numbers', initial: 0, reduce: (state: number) => state + 1 })

function Shows({ id }: { id: string }) {
  const { data, status } = useRealtime(count)
  const connection = useConnection(({ status: now }) => now)
  return <output id={id}>{`${connection} ${status} ${data}`}</output>
}

/** What a boundary holds whose code is still on its way in the browser. */
function Late({ gate }: { gate: { wait?: Promise<void> | undefined } }) {
  // React's own way of waiting, in all versions of it.
  // eslint-disable-next-line typescript/only-throw-error
  if (gate.wait) throw gate.wait
  return <Shows id="late" />
}

/** A shell that renders with every message. React throws away a boundary that it would render anew before it is hydrated. */
function Shell({ children }: { children: ReactNode }) {
  const { data } = useRealtime(count)
  return (
    <main>
      <Shows id="shell" />
      <p>{data}</p>
      {children}
    </main>
  )
}

const page = (client: FakeClient, gate: { wait?: Promise<void> | undefined }) => (
  <StrictMode>
    <RealtimeProvider client={client}>
      <Shell>
        <Suspense fallback={<i>wait</i>}>
          <Late gate={gate} />
        </Suspense>
      </Shell>
    </RealtimeProvider>
  </StrictMode>
)

/** A client that others on the page use already. */
function openClient(): FakeClient {
  const client = createFakeClient()
  client.setConnection(OPEN)
  client.burst('numbers', 3)
  return client
}

function watchComplaints() {
  const complaints: unknown[] = []
  const log = vi.spyOn(console, 'error').mockImplementation((...args) => void complaints.push(args))
  onTestFinished(() => log.mockRestore())
  return complaints
}

function openPage(): HTMLElement {
  const container = document.body.appendChild(document.createElement('div'))
  onTestFinished(() => container.remove())
  container.innerHTML = renderToString(page(createFakeClient(), {}))
  return container
}

const nextFrame = () => act(async () => void vi.advanceTimersToNextFrame())

test('messages that come before a boundary is hydrated neither throw it away nor are lost to it', async () => {
  const complaints = watchComplaints()
  const container = openPage()
  const rendered = container.querySelector('#late')
  expect(rendered).toHaveTextContent('idle idle 0')
  let arrive = () => {}
  const gate: { wait?: Promise<void> | undefined } = {
    wait: new Promise((resolve) => {
      arrive = resolve
    }),
  }
  const client = openClient()
  const root = await act(async () =>
    hydrateRoot(container, page(client, gate), { onRecoverableError: (error) => complaints.push(error) }),
  )
  // The shell is alive, and what the boundary holds is still as the server rendered it.
  await nextFrame()
  expect(container.querySelector('#shell')).toHaveTextContent('open live 3')
  for (let round = 0; round < 3; round++) {
    await act(async () => void client.burst('numbers', 10))
    await act(async () => client.setStatus('numbers', round % 2 ? 'live' : 'stale'))
    await nextFrame()
  }
  expect(container.querySelector('#shell')).toHaveTextContent('open stale 33')
  expect(rendered).toHaveTextContent('idle idle 0')
  gate.wait = undefined
  await act(async () => arrive())
  await nextFrame()
  expect(container.querySelector('#late')).toBe(rendered)
  expect(rendered).toHaveTextContent('open stale 33')
  await act(async () => void client.burst('numbers', 1))
  await nextFrame()
  expect(rendered).toHaveTextContent('open stale 34')
  expect(complaints).toEqual([])
  await act(async () => root.unmount())
})

test('messages that come between the hydration of the shell and that of a boundary do no harm', async () => {
  vi.useRealTimers()
  const global = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }
  global.IS_REACT_ACT_ENVIRONMENT = false
  onTestFinished(() => {
    global.IS_REACT_ACT_ENVIRONMENT = true
  })
  const complaints = watchComplaints()
  const container = openPage()
  const rendered = container.querySelector('#late')!
  const client = openClient()
  const root = hydrateRoot(container, page(client, {}), { onRecoverableError: (error) => complaints.push(error) })
  // In each task until the boundary is alive.
  let sent = 3
  while (container.querySelector('#late')!.textContent === 'idle idle 0') {
    client.emit('numbers', 'tick')
    sent++
    await new Promise(setImmediate)
  }
  await vi.waitFor(() => expect(rendered).toHaveTextContent(`open live ${sent}`))
  expect(container.querySelector('#late')).toBe(rendered)
  expect(complaints).toEqual([])
  root.unmount()
})
