import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { chromium } from 'playwright'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createServer } from 'vite'
import type { RealtimeClient } from '../../src/client.ts'
import { demoServerPlugin } from '../../demo-server/vite-plugin.ts'
import { findBrowser } from '../support/browser.ts'

const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const HTML = '<!doctype html><div id="root"></div><script type="module" src="./main.tsx"></script>'
const MAIN = `
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>)
`
const APP = `
import { RealtimeProvider } from 'everwire'
import { client } from './client'
import { Lobby } from './lobby'
export const App = () => <RealtimeProvider client={client}><Lobby /></RealtimeProvider>
`
const client = (edit: number) => `
import { createClient } from 'everwire'
export const client = createClient({ url: '/realtime', storage: false })
window.clients = [...(window.clients ?? []), [${edit}, client]]
`
const score = (edit: number) => `
import { live } from 'everwire'
export const score = live({ topic: 'chat:refresh', name: 'score', initial: 0, reduce: (n) => n + ${10 ** edit} })
`
const lobby = (edit: number) => `
import { useState } from 'react'
import { useRealtime, useRealtimeEvent } from 'everwire'
import { score } from './score'
export function Lobby() {
  const [typed, setTyped] = useState('')
  const { data, status, send } = useRealtime<{ text: string }>('chat:refresh', { last: 10 })
  const { data: points } = useRealtime(score)
  useRealtimeEvent('chat:refresh', '*', () => {})
  return <>
    <h1>edit {${edit}}</h1><output>{status}</output><h2>{points}</h2>
    <input aria-label="Text" value={typed} onChange={(event) => setTyped(event.target.value)} />
    <button onClick={() => void send('message', { name: 'Ann', text: typed })}>Send</button>
    {data.map((message) => <p key={message.id}>{message.data.text}</p>)}
  </>
}
`

declare global {
  interface Window {
    /** Of each edit of the module that creates it, with the number of the edit. */
    clients: [edit: number, client: RealtimeClient][]
  }
}

vi.setConfig({ testTimeout: 60_000 })

/** A page in development, whose files are edited while it lives. */
async function develop() {
  // Outside node_modules, where nothing is watched.
  const root = await realpath(await mkdtemp(`${tmpdir()}/fast-refresh-`))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await symlink(source('node_modules'), `${root}/node_modules`)
  const files = {
    'index.html': HTML,
    'main.tsx': MAIN,
    'app.tsx': APP,
    'client.ts': client(0),
    'score.ts': score(0),
    'lobby.tsx': lobby(0),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(`${root}/${name}`, text)
  const vite = await createServer({
    configFile: false,
    root,
    cacheDir: `${root}/.vite`,
    logLevel: 'silent',
    plugins: [react(), demoServerPlugin()],
    resolve: { alias: { everwire: source('src/index.ts') } },
    server: { port: 0, host: '127.0.0.1', fs: { allow: [root, source('.')] } },
    // Found up front, so that no late find reloads the page in the middle.
    optimizeDeps: { include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'] },
  })
  onTestFinished(() => vite.close())
  await vite.listen()
  const browser = await chromium.launch(await findBrowser())
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const wires: { isOpen: boolean }[] = []
  let loads = 0
  page.on('load', () => loads++)
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).pathname !== '/realtime/ws') return
    const wire = { isOpen: true }
    wires.push(wire)
    socket.on('close', () => {
      wire.isOpen = false
    })
  })
  await page.goto(vite.resolvedUrls!.local[0]!)
  await page.locator('output', { hasText: 'live' }).waitFor()
  return {
    page,
    wires,
    loads: () => loads,
    say: async (text: string) => {
      await page.getByLabel('Text').fill(text)
      await page.getByRole('button').click()
      await page.locator('p', { hasText: text }).waitFor()
    },
    /** Saves until the page shows it: a busy machine may not tell the watcher of a save that follows close on another. */
    edit: async (file: string, text: string, isShown: () => Promise<boolean>) => {
      const save = async () => {
        await writeFile(`${root}/${file}`, text)
        return vi
          .waitFor(async () => expect(await isShown()).toBe(true), { timeout: 3_000, interval: 20 })
          .then(
            () => true,
            () => false,
          )
      }
      await expect.poll(save, { timeout: 40_000 }).toBe(true)
    },
  }
}

test('three edits of a component keep its state, its messages and its one connection', async () => {
  const { page, wires, loads, say, edit } = await develop()
  await say('still here')
  for (const number of [1, 2, 3]) {
    const heading = page.getByRole('heading', { name: `edit ${number}` })
    await edit('lobby.tsx', lobby(number), () => heading.isVisible())
  }
  expect(await page.getByLabel('Text').inputValue()).toBe('still here')
  expect(await page.locator('p').allTextContents()).toEqual(['still here'])
  expect(await page.locator('output').textContent()).toBe('live')
  expect({ wires: wires.length, loads: loads() }).toEqual({ wires: 1, loads: 1 })
})

test('an edit of a live definition goes on with the state, by the new reducer, over the same connection', async () => {
  const { page, wires, loads, say, edit } = await develop()
  const points = () => page.locator('h2').textContent()
  await say('one')
  await say('two')
  expect(await points()).toBe('2')
  // Shown by the next message alone: each attempt says one more, and the edit counts when it is worth ten.
  let said = 2
  await edit('score.ts', score(1), async () => {
    const before = Number(await points())
    await say(`word ${++said}`)
    await page.locator('h2').getByText(String(before), { exact: true }).waitFor({ state: 'detached' })
    return Number(await points()) === before + 10
  })
  // Nothing from before the edit was reduced again.
  expect(Number(await points()) % 10).toBe(said - 1)
  expect(await page.locator('output').textContent()).toBe('live')
  expect({ wires: wires.length, loads: loads() }).toEqual({ wires: 1, loads: 1 })
})

test('after edits of the module that creates the client the page goes on with the newest, and the others close', async () => {
  const { page, wires, loads, say, edit } = await develop()
  await say('still here')
  const newest = () => page.evaluate(() => window.clients.at(-1)![0])
  for (const number of [1, 2]) await edit('client.ts', client(number), async () => (await newest()) === number)
  // Vite tells no module that another one in between is to be replaced. Whom nobody uses any more closes by itself.
  await expect.poll(() => wires.filter(({ isOpen }) => isOpen).length, { timeout: 40_000 }).toBe(1)
  const statuses = await page.evaluate(() => window.clients.map(([, each]) => each.connection.getSnapshot().status))
  expect(statuses.slice(0, -1)).toEqual(statuses.slice(0, -1).map(() => 'idle'))
  expect(wires.length).toBe(statuses.length)
  await page.locator('output', { hasText: 'live' }).waitFor()
  expect(await page.getByLabel('Text').inputValue()).toBe('still here')
  await say('and alive')
  expect(await page.locator('p').allTextContents()).toEqual(['still here', 'and alive'])
  expect(loads()).toBe(1)
})
