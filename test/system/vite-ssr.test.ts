import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openClient } from '../client/real-server.ts'
import { findBrowser } from '../support/browser.ts'
import { createPackedApp, freePort, type PackedApp, repository } from '../support/packed-app.ts'

// The packed package in an application that Vite builds for the server and for the browser.

let app: PackedApp

beforeAll(async () => {
  const packages = ['vite', '@vitejs/plugin-react', 'react', 'react-dom', 'sirv', 'ws']
  app = await createPackedApp('vite-ssr', packages)
  cpSync(join(repository, 'test/fixtures/server-rendering'), app.folder, { recursive: true })
  writeFileSync(
    join(app.folder, 'vite.config.js'),
    `import react from '@vitejs/plugin-react'\nexport default { plugins: [react()] }\n`,
  )
}, 120_000)

afterAll(() => app.remove())

test('an app built by Vite hydrates what its server rendered, and is live', async () => {
  // React says all that it has to say only in development.
  const mode = { NODE_ENV: 'development' }
  const build = (...args: string[]) => app.tool('vite/bin/vite.js', ['build', '--logLevel', 'warn', ...args], mode)
  const warnings = await Promise.all([
    build('--outDir', 'dist/client'),
    build('--ssr', 'server.ts', '--outDir', 'dist/server'),
  ])
  expect(warnings).toEqual(['', ''])
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const url = `${origin}/realtime`
  const log = await app.serve(join(app.folder, 'dist/server/server.js'), [], port, { ...mode, REALTIME_URL: url })

  const ann = openClient(url)
  for (const text of ['one', '</script><script>throw 2</script>']) await ann.send('chat:lobby', 'message', { text })
  const html = await (await fetch(origin)).text()
  expect(html).toContain('<li>one</li><li>&lt;/script&gt;')
  const browser = await chromium.launch(await findBrowser())
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (!message.text().includes('Download the React DevTools')) complaints.push(message.text())
  })
  await page.goto(origin)
  const said = () => page.getByRole('listitem').allTextContents()
  await page.getByText('Chat is live').waitFor()
  await ann.send('chat:lobby', 'message', { text: 'three' })
  await page.getByText('three').waitFor()
  expect(await said()).toEqual(['one', '</script><script>throw 2</script>', 'three'])
  expect(complaints).toEqual([])
  expect(log()).toBe('')
}, 60_000)
