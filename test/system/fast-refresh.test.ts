import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { chromium } from 'playwright'
import { expect, onTestFinished, test } from 'vitest'
import { createServer } from 'vite'
import { demoServerPlugin } from '../../demo-server/vite-plugin.ts'
import { findBrowser } from '../support/browser.ts'

const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const HTML = '<!doctype html><div id="root"></div><script type="module" src="./main.tsx"></script>'
const MAIN = `
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { RealtimeProvider } from 'everwire'
import { client } from './client'
import { Lobby } from './lobby'
createRoot(document.getElementById('root')!).render(
  <StrictMode><RealtimeProvider client={client}><Lobby /></RealtimeProvider></StrictMode>)
`
const CLIENT = `
import { createClient } from 'everwire'
export const client = createClient({ url: '/realtime', storage: false })
`
const lobby = (edit: number) => `
import { useState } from 'react'
import { useRealtime, useRealtimeEvent } from 'everwire'
export function Lobby() {
  const [typed, setTyped] = useState('')
  const { data, status, send } = useRealtime<{ text: string }>('chat:refresh', { last: 10 })
  useRealtimeEvent('chat:refresh', '*', () => {})
  return <>
    <h1>edit {${edit}}</h1><output>{status}</output>
    <input aria-label="Text" value={typed} onChange={(event) => setTyped(event.target.value)} />
    <button onClick={() => void send('message', { name: 'Ann', text: typed })}>Send</button>
    {data.map((message) => <p key={message.id}>{message.data.text}</p>)}
  </>
}
`

test(
  'three edits of a component keep its state, its messages and its one connection',
  { timeout: 60_000 },
  async () => {
    // Outside node_modules, where nothing is watched.
    const root = await realpath(await mkdtemp(`${tmpdir()}/fast-refresh-`))
    onTestFinished(() => rm(root, { recursive: true, force: true }))
    await symlink(source('node_modules'), `${root}/node_modules`)
    const files = { 'index.html': HTML, 'main.tsx': MAIN, 'client.ts': CLIENT, 'lobby.tsx': lobby(0) }
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
    let wires = 0
    page.on('websocket', (socket) => (wires += new URL(socket.url()).pathname === '/realtime/ws' ? 1 : 0))
    await page.goto(vite.resolvedUrls!.local[0]!)
    await page.locator('output', { hasText: 'live' }).waitFor()
    await page.getByLabel('Text').fill('still here')
    await page.getByRole('button').click()
    await page.locator('p', { hasText: 'still here' }).waitFor()
    const before = wires

    for (const edit of [1, 2, 3]) {
      // A busy machine may not tell the watcher of a save that follows close on another: then it is saved again.
      await expect
        .poll(
          async () => {
            await writeFile(`${root}/lobby.tsx`, lobby(edit))
            const heading = page.getByRole('heading', { name: `edit ${edit}` })
            return heading.waitFor({ timeout: 3_000 }).then(
              () => true,
              () => false,
            )
          },
          { timeout: 40_000 },
        )
        .toBe(true)
    }
    expect(await page.getByLabel('Text').inputValue()).toBe('still here')
    expect(await page.locator('p').allTextContents()).toEqual(['still here'])
    expect(await page.locator('output').textContent()).toBe('live')
    expect({ before, after: wires }).toEqual({ before: 1, after: 1 })
  },
)
