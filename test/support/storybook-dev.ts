import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface StorybookDev {
  readonly url: string
  stop(this: void): Promise<void>
}

/** `npm run storybook` on a free port; resolves when it says that it is ready. */
export async function startStorybookDev(port: number): Promise<StorybookDev> {
  const bin = fileURLToPath(new URL('../../node_modules/storybook/dist/bin/dispatcher.js', import.meta.url))
  // What runs this may be a test, of which Storybook must know nothing.
  const { VITEST: _, NODE_ENV: __, ...env } = process.env
  const child = spawn(
    process.execPath,
    [bin, 'dev', '-p', String(port), '--exact-port', '--ci', '--disable-telemetry'],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), env, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (/Storybook ready/.test(said)) resolve()
      })
    }
    child.once('exit', (code) => reject(new Error(`Storybook ended with ${code}:\n${said}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}
