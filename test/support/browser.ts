import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright'
import { findOnPath, installFromDebian } from './find-program.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

export type Browser = {
  executablePath: string
  args: string[]
  /** The whole environment to launch with; it holds the variables of this process too. */
  env: Record<string, string>
}

/** Tests need a browser that runs as root, without a GPU, and asks nothing of the network. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const PATH_NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']

const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * Finds a Chromium that is here, or makes one be here. In this order: the environment variables `CHROME_PATH`,
 * `CHROME_BIN` and `PUPPETEER_EXECUTABLE_PATH`; an installed Chrome or Chromium; Playwright's own download; the
 * Chromium packed in `@sparticuz/chromium` (Linux x64); Debian's package, when root. `EVERWIRE_NO_SYSTEM_BROWSER=1`
 * skips the installed ones, to try the rest.
 *
 * @throws Error that names the cures, when none of these gives a browser.
 */
export async function findBrowser(): Promise<Browser> {
  const named = fromEnvironment()
  if (named) return browser(named)
  if (process.env['EVERWIRE_NO_SYSTEM_BROWSER'] !== '1') {
    const installed = installedBrowser()
    if (installed) return browser(installed)
  }
  if (existsSync(chromium.executablePath())) return browser(chromium.executablePath())

  const failures: string[] = []
  for (const attempt of [packedBrowser, debianBrowser]) {
    try {
      return await attempt()
    } catch (error) {
      failures.push(`${attempt.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(
    `the browser tests need Chrome or Chromium, and none was found. Set CHROME_PATH to one, install one ` +
      `(Debian: apt-get install chromium), or run "npx playwright install chromium". Tried:\n${failures.join('\n')}`,
  )
}

function browser(executablePath: string, env: Record<string, string> = {}): Browser {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { executablePath, args: [...ARGS], env: { ...Object.fromEntries(inherited), ...env } }
}

function fromEnvironment(): string | undefined {
  for (const name of ['CHROME_PATH', 'CHROME_BIN', 'PUPPETEER_EXECUTABLE_PATH']) {
    const path = process.env[name]
    if (!path) continue
    if (existsSync(path)) return path
    throw new Error(`${name} must be the path of a Chrome or Chromium, and there is no file at ${path}`)
  }
  return undefined
}

const installedBrowser = (): string | undefined =>
  PATH_NAMES.map(findOnPath).find(Boolean) ?? USUAL_PLACES.find((path) => existsSync(path))

/** Unpacks the Chromium that `npm ci` brought, once for each of its versions: no root, no download, 206 MB. */
async function packedBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`@sparticuz/chromium runs on linux x64, this is ${process.platform} ${process.arch}`)
  }
  // Its "exports" hide package.json, so the folder is found from the entry.
  const entry = require.resolve('@sparticuz/chromium')
  const home = entry.slice(0, entry.lastIndexOf(join('chromium', 'build')) + 'chromium'.length)
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string }
  const cache = join(home, '..', '..', '.cache')
  const folder = join(cache, `chromium-${version}`)
  if (!existsSync(join(folder, 'chromium'))) await unpack(cache, folder)

  const libraries = [join(folder, 'al2023', 'lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter)
  const env: Record<string, string> = { LD_LIBRARY_PATH: libraries }
  // Without any font configuration Chromium draws no text at all.
  if (!existsSync('/etc/fonts/fonts.conf')) env['FONTCONFIG_PATH'] = join(folder, 'fonts')
  return started(browser(join(folder, 'chromium'), env))
}

/**
 * The package unpacks into the system's temporary folder and changes its process' environment, so it runs in a process
 * of its own, in a folder of its own, which gets its final name only when complete: two runs at once do no harm.
 * `VERCEL` makes it unpack the shared libraries (NSS, NSPR, expat) that a bare machine lacks.
 */
async function unpack(cache: string, folder: string): Promise<void> {
  mkdirSync(cache, { recursive: true })
  const partial = mkdtempSync(join(cache, 'chromium-partial-'))
  try {
    const script = `import chromium from '@sparticuz/chromium'\nawait chromium.executablePath()`
    const env = { ...process.env, TMPDIR: partial, VERCEL: '1' }
    const cwd = dirname(fileURLToPath(import.meta.url))
    await run(process.execPath, ['--input-type=module', '--eval', script], { env, cwd })
    try {
      renameSync(partial, folder)
    } catch (error) {
      if (!existsSync(join(folder, 'chromium'))) throw error
    }
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

async function debianBrowser(): Promise<Browser> {
  await installFromDebian('chromium')
  return started(browser('/usr/bin/chromium'))
}

/** A browser that cannot start (a library is missing) is worse than none: say so here, while there are other ways. */
async function started(found: Browser): Promise<Browser> {
  await run(found.executablePath, ['--version', '--no-sandbox', '--headless'], { env: found.env })
  return found
}
