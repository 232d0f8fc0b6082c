import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseAst } from 'vite'
import { onTestFinished, vi } from 'vitest'

export const execute = promisify(execFile)
export const repository = fileURLToPath(new URL('../..', import.meta.url))

// What the test runner sets would end up in what is built.
const { NODE_ENV: _, VITEST: __, ...env } = process.env
export { env }

const toolPath = (name: string): string => resolve(repository, 'node_modules', name)

/** An application in a folder of its own, where the packed package is installed as `npm install` would. */
export interface PackedApp {
  readonly folder: string
  /** Where the package is. */
  readonly installed: string
  /** Runs a script of the repository's `node_modules` in the application's folder. Resolves with what it printed. */
  tool(script: string, args: readonly string[], more?: Readonly<Record<string, string>>): Promise<string>
  /** Runs such a script until the test ends. Resolves when it listens, with how to ask what it has printed so far. */
  serve(
    script: string,
    args: readonly string[],
    port: number,
    more?: Readonly<Record<string, string>>,
  ): Promise<() => string>
  /** A module of the package, and all that it leads to. */
  modulesFrom(entry: string, when: 'at once' | 'ever'): ReadonlyMap<string, EmittedModule>
  remove(): void
}

/** @param packages - what the application needs, linked from the repository */
export async function createPackedApp(name: string, packages: readonly string[]): Promise<PackedApp> {
  // A real path: macOS links its temporary folder, and bundlers compare paths.
  const root = join(realpathSync(tmpdir()), `everwire-${name}-${crypto.randomUUID()}`)
  const folder = join(root, 'app')
  const installed = join(folder, 'node_modules/everwire')
  await pack(root, installed)
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { dependencies: object }
  for (const linked of [...packages, ...Object.keys(dependencies)]) {
    const link = join(folder, 'node_modules', linked)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(toolPath(linked), link, 'junction')
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  return {
    folder,
    installed,
    async tool(script, args, more) {
      const options = { cwd: folder, env: { ...env, ...more } }
      const { stdout, stderr } = await execute(process.execPath, [toolPath(script), ...args], options)
      return stdout + stderr
    },
    async serve(script, args, port, more) {
      const server = spawn(process.execPath, [toolPath(script), ...args], {
        cwd: folder,
        env: { ...env, ...more, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      for (const output of [server.stdout, server.stderr]) output.on('data', (text) => (said += String(text)))
      onTestFinished(async () => {
        server.kill()
        if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
      })
      await vi.waitFor(
        async () => {
          if (server.exitCode !== null) throw new Error(`${script} ended:\n${said}`)
          const socket = connect(port, 'localhost')
          await once(socket, 'connect').finally(() => socket.destroy())
        },
        { timeout: 20_000, interval: 50 },
      )
      return () => said
    },
    modulesFrom: (entry, when) => modulesFrom(join(installed, 'dist'), entry, when),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Builds the package and unpacks its tarball. */
async function pack(root: string, installed: string): Promise<void> {
  const source = join(root, 'package')
  const outDir = join(source, 'dist')
  const build = (script: string, ...args: string[]) =>
    execute(process.execPath, [toolPath(script), ...args, '--outDir', outDir], {
      cwd: repository,
      env,
    })
  await Promise.all([
    build('vite/bin/vite.js', 'build', '--logLevel', 'error'),
    build('@typescript/native/bin/tsc', '-p', 'tsconfig.build.json'),
  ])
  for (const file of ['package.json', 'README.md', 'LICENSE', 'PROTOCOL.md']) {
    cpSync(join(repository, file), join(source, file))
  }
  const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root], {
    cwd: source,
    env,
    shell: process.platform === 'win32',
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  mkdirSync(installed, { recursive: true })
  await execute('tar', ['-xzf', filename, '-C', installed, '--strip-components=1'], { cwd: root })
}

/** A JavaScript file of the package. */
export interface EmittedModule {
  /** What it imports, as it is written. */
  readonly sources: readonly string[]
  readonly imported: readonly string[]
  readonly exported: readonly string[]
  readonly isClient: boolean
}

function modulesFrom(dist: string, entry: string, when: 'at once' | 'ever'): ReadonlyMap<string, EmittedModule> {
  const found = new Map<string, EmittedModule>()
  function visit(file: string): void {
    if (found.has(file)) return
    const module = readModule(readFileSync(join(dist, file), 'utf8'), when)
    found.set(file, module)
    for (const source of module.sources) if (source.startsWith('.')) visit(join(dirname(file), source))
  }
  visit(entry)
  return found
}

function readModule(text: string, when: 'at once' | 'ever'): EmittedModule {
  const { body } = parseAst(text)
  const onDemand = [...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)].map(([, source]) => source!)
  if (onDemand.length !== (text.match(/\bimport\(/g)?.length ?? 0)) {
    throw new Error('an import hides behind a name that is made at run time')
  }
  const nameOf = (node: object): string[] => ('name' in node ? [String(node.name)] : [])
  return {
    sources: [
      ...body.flatMap((node) => ('source' in node && node.source ? [String(node.source.value)] : [])),
      ...(when === 'ever' ? onDemand : []),
    ],
    imported: body.flatMap((node) =>
      node.type === 'ImportDeclaration' ? node.specifiers.flatMap(({ local }) => nameOf(local)) : [],
    ),
    exported: body.flatMap((node) =>
      node.type === 'ExportNamedDeclaration' ? node.specifiers.flatMap(({ exported }) => nameOf(exported)) : [],
    ),
    // What comes after a statement is no directive any more.
    isClient: body[0] !== undefined && 'directive' in body[0] && body[0].directive === 'use client',
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
