import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type ListeningDemoServer, listenDemoServer, type ListenOptions } from './listen.ts'
import { buildStorybook } from './storybook.ts'

const DEFAULT_PORT = 3210
const HELP = `Serves the demo page, Storybook and the demo server on one port.

  --port <number>   the port (default: $PORT, else ${DEFAULT_PORT} or the next free one)
  --host <address>  the address to listen on (default: 127.0.0.1)
  --page <folder>   the built page, or any other static files (default: demo-dist)
  --storybook       builds Storybook meanwhile, and serves it below /storybook
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  page: { type: 'string' },
  storybook: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options })
  if (values.help) return void process.stdout.write(HELP)
  const asked = values.port ?? process.env['PORT']
  const staticDir = values.page ?? fileURLToPath(new URL('../demo-dist', import.meta.url))
  if (!existsSync(staticDir)) {
    throw new Error(`there is no page at ${staticDir}: "npm start" builds it, and so does "npx vite build --mode demo"`)
  }

  const port = asked === undefined ? undefined : readPort(asked)
  const dir = fileURLToPath(new URL('../storybook-static', import.meta.url))
  const build = values.storybook ? buildStorybook(dir) : undefined
  const server = await listen(port, {
    host: values.host ?? '127.0.0.1',
    staticDir,
    ...(build && { storybook: { dir, ready: build.done } }),
  }).catch((error: unknown) => {
    build?.stop()
    throw error
  })
  console.log(`\n  everwire demo  ${server.url}\n\n  Ctrl+C stops it.\n`)
  let isStopping = false
  build?.done.then(
    () => console.log(`  storybook      ${server.url}/storybook\n`),
    (error: unknown) => isStopping || console.error(error instanceof Error ? error.message : error),
  )

  const stop = () => {
    isStopping = true
    build?.stop()
    void server.stop().then(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new Error(`the port must be a number from 0 to 65535, got ${JSON.stringify(text)}`)
}

/** A port that was asked for is a must; without one, the next free port will do. */
async function listen(asked: number | undefined, options: ListenOptions): Promise<ListeningDemoServer> {
  for (let port = asked ?? DEFAULT_PORT; ; port++) {
    try {
      return await listenDemoServer({ ...options, port })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      if (asked !== undefined) {
        throw new Error(`port ${port} is taken: choose another one with --port or PORT`, { cause: error })
      }
      if (port >= DEFAULT_PORT + 20) {
        throw new Error(`ports ${DEFAULT_PORT} to ${port} are taken: choose one with --port`, { cause: error })
      }
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
