import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

async function startCli(...args: string[]) {
  const page = await mkdtemp(join(tmpdir(), 'everwire-page-'))
  await writeFile(join(page, 'index.html'), '<title>page</title>')
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo-server/cli.ts', '--page', page, ...args])
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await rm(page, { recursive: true })
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  const says = (pattern: RegExp) =>
    vi.waitFor(
      () => {
        const match = pattern.exec(output)
        if (!match) throw new Error(`expected ${pattern}, got ${JSON.stringify(output)}`)
        return match
      },
      { timeout: 20_000 },
    )
  return { child, exited, says }
}

test(
  'serves the page and the endpoints on the port that it prints, and stops when asked to',
  { timeout: 30_000 },
  async () => {
    const { child, exited, says } = await startCli('--port', '0')
    const [, url] = await says(/(http:\/\/127\.0\.0\.1:\d+)/)
    expect(await (await fetch(url!)).text()).toContain('<title>page</title>')
    expect((await fetch(`${url}/faults/ann`)).status).toBe(200)
    // A held poll must not keep it from stopping.
    const poll = fetch(`${url}/tutorial/poll?topic=held`).catch(() => 'cut')
    await vi.waitFor(async () => expect((await fetch(`${url}/faults/ann`)).status).toBe(200))
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
    await poll
  },
)

test('a port that is taken is named, with the way out', { timeout: 30_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { exited, says } = await startCli('--port', String(port))
  await says(new RegExp(`port ${port} is taken: choose another one with --port or PORT`))
  expect(await exited).toEqual([1, null])
})

test('a port that is no number is refused', { timeout: 30_000 }, async () => {
  const { exited, says } = await startCli('--port', 'http')
  await says(/the port must be a number from 0 to 65535, got "http"/)
  expect(await exited).toEqual([1, null])
})
