import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright'
import { parseAst, preview } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { findBrowser } from '../support/browser.ts'

// The way of somebody who reads the README: installs the package, pastes the two examples into a new Vite app, builds
// it and opens it twice.

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(repository, 'README.md'), 'utf8')

/** A real path: macOS links its temporary folder, and Vite compares paths. */
const folder = join(realpathSync(tmpdir()), `everwire-newcomer-${crypto.randomUUID()}`)
const app = join(folder, 'app')
const installed = join(app, 'node_modules/everwire')

// What the test runner sets would end up in what is built here.
const { NODE_ENV: _, VITEST: __, ...env } = process.env
const tool = (cwd: string, name: string, ...args: string[]) =>
  run(process.execPath, [join(repository, 'node_modules', name), ...args], { cwd, env })

beforeAll(async () => {
  await pack()
  writeApp()
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Builds the package and unpacks its tarball where `npm install` would. */
async function pack(): Promise<void> {
  const source = join(folder, 'package')
  const outDir = join(source, 'dist')
  await Promise.all([
    tool(repository, 'vite/bin/vite.js', 'build', '--logLevel', 'error', '--outDir', outDir),
    tool(repository, '@typescript/native/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', outDir),
  ])
  for (const file of ['package.json', 'README.md', 'LICENSE', 'PROTOCOL.md']) {
    cpSync(join(repository, file), join(source, file))
  }
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: source,
    env,
    shell: process.platform === 'win32',
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  mkdirSync(installed, { recursive: true })
  await run('tar', ['-xzf', filename, '-C', installed, '--strip-components=1'], { cwd: folder })
}

function writeApp(): void {
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { dependencies: object }
  const own = ['react', 'react-dom', '@types', 'vite', '@vitejs/plugin-react', 'ws']
  for (const name of [...own, ...Object.keys(dependencies)]) {
    const link = join(app, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(repository, 'node_modules', name), link, 'junction')
  }
  const files = {
    'package.json': JSON.stringify({ private: true, type: 'module' }),
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
  for (const [name, text] of Object.entries(files)) writeFileSync(join(app, name), text)
}

function firstBlock(language: string): string {
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(readme)?.[1]
  if (block === undefined) throw new Error(`README.md has no block of ${language}`)
  return block
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Runs the server of the README, as it stands there. */
async function startServer(): Promise<number> {
  const port = await freePort()
  const server = spawn(process.execPath, [join(repository, 'node_modules/tsx/dist/cli.mjs'), 'server.ts'], {
    cwd: app,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  onTestFinished(async () => {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  })
  await vi.waitFor(
    async () => {
      const socket = connect(port, 'localhost')
      await once(socket, 'connect').finally(() => socket.destroy())
    },
    { timeout: 20_000, interval: 50 },
  )
  return port
}

test('the examples of the README type-check against the package', { timeout: 60_000 }, async () => {
  await tool(app, '@typescript/native/bin/tsc', '-p', '.')
})

test('two pages of the example exchange a message over the server of the example', { timeout: 60_000 }, async () => {
  await tool(app, 'vite/bin/vite.js', 'build', '--logLevel', 'error')
  const port = await startServer()
  const front = await preview({
    root: app,
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
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object }
  // Data and styles are no modules; that they are in the package is all there is to say of them.
  const entries = Object.keys(exports).filter((entry) => !/\.(?:json|css)$/.test(entry))
  expect(read('styles.css')).toContain('everwire')
  const script = `
    if (typeof window !== 'undefined') throw new Error('expected no window')
    const names = {}
    for (const entry of ${JSON.stringify(entries)}) {
      names[entry] = Object.keys(await import(entry.replace('.', 'everwire')))
    }
    console.log(JSON.stringify(names))`
  // That it ends by itself says that importing starts nothing.
  const options = { cwd: app, env, timeout: 30_000 }
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], options)
  const names = JSON.parse(stdout) as Record<string, string[]>
  expect(Object.keys(names)).toEqual(entries)
  expect(names).toMatchObject({
    '.': expect.arrayContaining(['createClient', 'RealtimeProvider', 'useRealtime', 'useWebSocket']),
    './client': expect.arrayContaining(['createClient', 'createEventStreamClient']),
    './components': expect.arrayContaining(['ConnectionBadge', 'TransportRace']),
    './server': expect.arrayContaining(['createRealtimeServer']),
  })
})

const read = (file: string) => readFileSync(join(installed, 'dist', file), 'utf8')

/** The packages that a file and everything it imports need: at once, or also what is loaded on demand. */
function packagesOf(file: string, when: 'at once' | 'ever', seen = new Set<string>()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const text = read(file)
  const sources = parseAst(text).body.flatMap((node) =>
    'source' in node && node.source ? [String(node.source.value)] : [],
  )
  const onDemand = [...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)].map(([, source]) => source!)
  // None may hide behind a name that is made at run time.
  expect(onDemand).toHaveLength(text.match(/\bimport\(/g)?.length ?? 0)
  const found = [...sources, ...(when === 'ever' ? onDemand : [])].flatMap((source) =>
    source.startsWith('.') ? packagesOf(join(dirname(file), source), when, seen) : [source],
  )
  return [...new Set(found)].sort()
}

test("the React entry is marked 'use client', the client is free of React, and the server needs Node and ws", () => {
  expect(read('index.js')).toMatch(/^['"]use client['"]/)
  expect(packagesOf('index.js', 'at once')).toEqual(['react', 'react/jsx-runtime'])
  expect(read('components.js')).toMatch(/^['"]use client['"]/)
  expect(packagesOf('components.js', 'at once')).toEqual(['@tanstack/virtual-core', 'react', 'react/jsx-runtime'])
  expect(read('client.js')).not.toMatch(/^['"]use client['"]/)
  expect(packagesOf('client.js', 'at once')).toEqual([])
  expect(packagesOf('client.js', 'ever')).toEqual(['idb-keyval'])
  expect(packagesOf('server.js', 'ever').filter((name) => !name.startsWith('node:'))).toEqual(['ws'])
})
