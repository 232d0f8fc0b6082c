import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { preview } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { findBrowser } from '../support/browser.ts'
import { createPackedApp, env, execute, freePort, type PackedApp, repository } from '../support/packed-app.ts'

// The way of somebody who reads the README: installs the package, pastes the two examples into a new Vite app, builds
// it and opens it twice.

const readme = readFileSync(join(repository, 'README.md'), 'utf8')
let app: PackedApp

beforeAll(async () => {
  app = await createPackedApp('newcomer', ['react', 'react-dom', '@types', 'vite', '@vitejs/plugin-react', 'ws'])
  const files = {
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'ES2022',
        lib: ['ES2022', 'DOM', 'DOM.Iterable'],
        module: 'esnext',
        moduleResolution: 'bundler',
        jsx: 'react-jsx',
        strict: true,
        noEmit: true,
        types: ['node'],
      },
    }),
    'vite.config.js': `import react from '@vitejs/plugin-react'\nexport default { plugins: [react()] }\n`,
    'index.html': '<div id="root"></div><script type="module" src="/main.tsx"></script>\n',
    'main.tsx': firstBlock('tsx'),
    'server.ts': firstBlock('ts'),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(app.folder, name), text)
}, 120_000)

afterAll(() => app.remove())

function firstBlock(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(readme)?.[1]
  if (block === undefined) throw new Error(`README.md has no block of ${language}`)
  return block
}

test('the examples of the README type-check against the package', { timeout: 60_000 }, async () => {
  await app.tool('@typescript/native/bin/tsc', ['-p', '.'])
})

test('two pages of the example exchange a message over the server of the example', { timeout: 60_000 }, async () => {
  await app.tool('vite/bin/vite.js', ['build', '--logLevel', 'error'])
  const port = await freePort()
  await app.serve('tsx/dist/cli.mjs', ['server.ts'], port)
  const front = await preview({
    root: app.folder,
    logLevel: 'error',
    preview: { port: await freePort(), proxy: { '/realtime': { target: `http://localhost:${port}`, ws: true } } },
  })
  onTestFinished(() => front.close())
  const browser = await chromium.launch(await findBrowser())
  onTestFinished(() => browser.close())
  const complaints: string[] = []
  const open = async () => {
    const page = await browser.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(front.resolvedUrls!.local[0]!)
    await page.getByText('live', { exact: true }).waitFor()
    return page
  }

  const [ada, bob] = await Promise.all([open(), open()])
  await ada.getByLabel('Message').fill('Hello Bob')
  await ada.getByLabel('Message').press('Enter')
  await bob.getByText('Hello Bob').waitFor()
  await bob.getByLabel('Message').fill('Hello Ada')
  await bob.getByLabel('Message').press('Enter')
  await ada.getByText('Hello Ada').waitFor()
  const carol = await open()
  await carol.getByText('Hello Bob').waitFor()
  expect(await carol.getByText('Hello').allTextContents()).toEqual(['Hello Bob', 'Hello Ada'])
  expect(complaints).toEqual([])
})

test('every entry of the package can be imported where there is no window', { timeout: 60_000 }, async () => {
  const { exports } = JSON.parse(readFileSync(join(app.installed, 'package.json'), 'utf8')) as { exports: object }
  // Data and styles are no modules; that they are in the package is all there is to say of them.
  const entries = Object.keys(exports).filter((entry) => !/\.(?:json|css)$/.test(entry))
  expect(readFileSync(join(app.installed, 'dist/styles.css'), 'utf8')).toContain('everwire')
  const script = `
    if (typeof window !== 'undefined') throw new Error('expected no window')
    const names = {}
    for (const entry of ${JSON.stringify(entries)}) {
      names[entry] = Object.keys(await import(entry.replace('.', 'everwire')))
    }
    console.log(JSON.stringify(names))`
  // That it ends by itself says that importing starts nothing.
  const options = { cwd: app.folder, env, timeout: 30_000 }
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], options)
  const names = JSON.parse(stdout) as Record<string, string[]>
  expect(Object.keys(names)).toEqual(entries)
  expect(names).toMatchObject({
    '.': expect.arrayContaining(['createClient', 'RealtimeProvider', 'useRealtime', 'useWebSocket']),
    './client': expect.arrayContaining(['createClient', 'createEventStreamClient']),
    './components': expect.arrayContaining(['ConnectionBadge', 'TransportRace']),
    './server': expect.arrayContaining(['createRealtimeServer']),
  })
})

/** The packages that an entry needs: at once, or also what is loaded on demand. */
function packagesOf(entry: string, when: 'at once' | 'ever'): string[] {
  const sources = [...app.modulesFrom(entry, when).values()].flatMap((module) => module.sources)
  return [...new Set(sources.filter((source) => !source.startsWith('.')))].sort()
}

test('the client is free of React, and the server needs Node and ws', () => {
  expect(packagesOf('index.js', 'at once')).toEqual(['react', 'react/jsx-runtime'])
  expect(packagesOf('components.js', 'at once')).toEqual(['@tanstack/virtual-core', 'react', 'react/jsx-runtime'])
  expect(packagesOf('client.js', 'at once')).toEqual([])
  expect(packagesOf('client.js', 'ever')).toEqual(['idb-keyval'])
  expect(packagesOf('server.js', 'ever').filter((name) => !name.startsWith('node:'))).toEqual(['ws'])
})
