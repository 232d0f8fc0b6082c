import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { serveChat } from '../client/real-server.ts'
import { findBrowser } from '../support/browser.ts'
import { createPackedApp, freePort, type PackedApp, repository } from '../support/packed-app.ts'

// The packed package in an application of Next.js, built and started as in production.

const NEXT = 'next/dist/bin/next'
let app: PackedApp
let browser: Browser

beforeAll(async () => {
  const packages = ['next', 'react', 'react-dom', '@types', 'typescript', 'sirv']
  app = await createPackedApp('next', packages)
  cpSync(join(repository, 'test/fixtures/server-rendering'), app.folder, { recursive: true })
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    strict: true,
    isolatedModules: true,
    noEmit: true,
  }
  writeFileSync(join(app.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, exclude: ['node_modules'] }))
  // Where CI is set, Next.js warns of a cache that was not kept from an earlier build.
  mkdirSync(join(app.folder, '.next/cache'), { recursive: true })
  browser = await chromium.launch(await findBrowser())
}, 120_000)

afterAll(async () => {
  await browser.close()
  app.remove()
})

test('the README shows the files of the app as they are', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const shown = [...readme.matchAll(/^```tsx?\n\/\/ (\S+\.tsx?)\n(.*?)^```$/gms)].filter(
    ([, name]) => name !== 'vite.config.ts',
  )
  expect(shown.length).toBeGreaterThan(4)
  for (const [, name, text] of shown) expect(readFileSync(join(app.folder, name!), 'utf8')).toBe(text)
})

test("what has hooks or components is marked 'use client', and nothing is that a server component may call", () => {
  const all = new Map([...app.modulesFrom('index.js', 'ever'), ...app.modulesFrom('components.js', 'ever')])
  const ofReact = [...all].filter(
    ([, { sources, imported, exported }]) =>
      sources.some((source) => /^react($|\/)/.test(source)) ||
      [...imported, ...exported].some((name) => /^use[A-Z]/.test(name)),
  )
  expect(ofReact.length).toBeGreaterThan(30)
  expect(ofReact.flatMap(([file, { isClient }]) => (isClient ? [] : [file]))).toEqual([])
  for (const entry of ['client.js', 'server.js']) {
    const modules = [...app.modulesFrom(entry, 'ever')]
    expect(modules.length).toBeGreaterThan(20)
    expect(modules.flatMap(([file, { isClient }]) => (isClient ? [file] : []))).toEqual([])
  }
})

test('whatever needs no React can be had without it', () => {
  const namesOf = (entry: string) => app.modulesFrom(entry, 'at once').get(entry)!.exported
  const offered = new Set(namesOf('client.js'))
  expect(namesOf('index.js').filter((name) => !offered.has(name) && !/^use[A-Z]/.test(name))).toEqual([
    'RealtimeProvider',
    'skip',
  ])
})

test('an app of Next.js hydrates what its server rendered, and has one connection over all routes', async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const { realtime, url, cut } = await serveChat({ topics: { chat: {}, news: { presence: true } }, origins: [origin] })
  const say = async (...texts: string[]) => {
    for (const text of texts) await realtime.publish('chat:lobby', 'message', { text })
  }
  await say('one', 'two')
  await realtime.publish('news:all', 'headline', 'Server renders')
  // As on a CI machine, where Next.js warns of more.
  const settings = { REALTIME_URL: url, NEXT_TELEMETRY_DISABLED: '1', CI: 'true' }
  const built = await app.tool(NEXT, ['build'], settings)
  expect(built).not.toMatch(/⚠|warn|error/i)
  const log = await app.serve(NEXT, ['start', '-p', String(port)], port, settings)

  const complaints: string[] = []
  const sockets: string[] = []
  const open = async (path: string) => {
    const html = await (await fetch(origin + path)).text()
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('websocket', (socket) => sockets.push(socket.url()))
    await page.goto(origin + path)
    return { html, page }
  }
  const connections = () => realtime.stats().connections

  const { html, page } = await open('/')
  expect(html).toContain('<li>one</li><li>two</li>')
  expect(html).toContain('Not connected yet')
  const said = () => page.getByRole('listitem').allTextContents()
  await page.getByText('Chat is live').waitFor()
  await page.getByText('Live over WebSocket').waitFor()
  await say('three')
  await page.getByText('three').waitFor()
  expect(await said()).toEqual(['one', 'two', 'three'])

  await page.getByRole('link', { name: 'News' }).click()
  await page.getByText('News are live over websocket').waitFor()
  await page.getByRole('heading', { name: 'Server renders' }).waitFor()
  // The other route is hidden, not gone; nobody listens to its topic when it has been so for a while.
  expect(await page.getByText('Chat is').isHidden()).toBe(true)
  expect(connections()).toEqual({ websocket: 1, sse: 0, longpoll: 0 })
  await say('four')
  await vi.waitFor(() => expect(realtime.stats().subscriptions).toBe(1), { timeout: 30_000, interval: 50 })
  await say('five', 'six')
  await page.getByRole('link', { name: 'Chat' }).click()
  await page.getByText('six').waitFor()
  await page.getByText('Chat is live').waitFor()
  expect(await said()).toEqual(['one', 'two', 'three', 'four', 'five', 'six'])
  expect(sockets).toHaveLength(1)

  // Cut while another route is shown.
  await page.getByRole('link', { name: 'News' }).click()
  await page.getByText('News are live').waitFor()
  cut()
  await say('seven')
  await realtime.publish('news:all', 'headline', 'Connection cut')
  await page.getByRole('heading', { name: 'Connection cut' }).waitFor()
  await page.getByRole('link', { name: 'Chat' }).click()
  await page.getByText('seven').waitFor()
  expect(await said()).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
  expect(sockets).toHaveLength(2)
  expect(connections()).toEqual({ websocket: 1, sse: 0, longpoll: 0 })

  const { html: newsHtml, page: news } = await open('/news')
  expect(newsHtml).toMatch(/<h1>Connection cut<\/h1>/)
  await news.getByText('News are live over websocket').waitFor()
  expect(complaints).toEqual([])
  expect(log()).not.toMatch(/⚠|⨯|error/i)
}, 120_000)
