import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import sirv from 'sirv'
import { pathOf } from './json.ts'

export interface StorybookOptions {
  /** A folder with a built Storybook. */
  readonly dir: string
  /** Until then a page says that it is being built. @defaultValue at once */
  readonly ready?: Promise<void>
}

const WAITING = `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark">
<title>Storybook is being built</title>
<body style="font: 1rem/1.5 system-ui, sans-serif; margin: 3rem">
<p>Storybook is being built, which takes a few seconds. This page looks again by itself.</p>`

const FAILED = WAITING.replace(/<p>.*/s, '<p>Storybook could not be built: the terminal says why.</p>')

/** Serves a built Storybook below `/storybook`. The handler answers whether the request was its own. */
export function serveStorybook({
  dir,
  ready,
}: StorybookOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  let page = ready ? WAITING : undefined
  let serveFiles = ready ? undefined : sirv(dir, { etag: true })
  ready?.then(
    () => (serveFiles = sirv(dir, { etag: true })),
    () => (page = FAILED),
  )
  return (req, res) => {
    const path = pathOf(req)
    if (path === '/storybook') {
      // Its links are relative to the folder.
      res.writeHead(307, { location: `/storybook/${/\?.*$/s.exec(req.url ?? '')?.[0] ?? ''}` }).end()
      return true
    }
    if (!path.startsWith('/storybook/')) return false
    if (serveFiles) {
      req.url = req.url!.slice('/storybook'.length)
      serveFiles(
        req,
        res,
        () => void res.writeHead(404, { 'content-type': 'text/plain' }).end(`there is nothing at ${path}`),
      )
    } else {
      const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
      res.writeHead(503, page === WAITING ? { ...headers, refresh: '2' } : headers).end(page)
    }
    return true
  }
}

export interface StorybookBuild {
  /** Rejects with what the build had to say. */
  readonly done: Promise<void>
  stop(this: void): void
}

/** Builds Storybook in a process of its own, which gives way to the server beside it. */
export function buildStorybook(dir: string): StorybookBuild {
  const bin = fileURLToPath(new URL('../node_modules/storybook/dist/bin/dispatcher.js', import.meta.url))
  const args = [bin, 'build', '--quiet', '--disable-telemetry', '--output-dir', dir]
  // What runs this may be a test, of which what is built must know nothing.
  const { VITEST: _, ...env } = process.env
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  giveWay(child)
  return { done: finished(child), stop: () => void child.kill() }
}

function giveWay(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Some systems do not let it: then both are as fast as they can be.
  }
}

async function finished(child: ChildProcess): Promise<void> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) throw new Error(`Storybook's build ended with ${signal ?? code}:\n${output}`)
}
