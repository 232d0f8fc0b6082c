import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where Debian has its servers, which is not on everybody's path. */
const SERVER_FOLDER = '/usr/sbin'

export function findOnPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), SERVER_FOLDER]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

let installing: Promise<unknown> = Promise.resolve()

/** @throws Error where this is not Debian, or not root's process */
export async function installFromDebian(name: string): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`apt-get install ${name} needs Debian and root`)
  }
  // Other processes wait for their turn by the lock.
  const lock = ['-o', 'DPkg::Lock::Timeout=300']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = async () => {
    await run('apt-get', [...lock, 'update'], { env })
    await run('apt-get', ['install', ...lock, '-y', '--no-install-recommends', name], { env })
  }
  await (installing = installing.then(install, install))
}

/**
 * The path of a server's program that is here, or that Debian's package of the same name brings, when root.
 * @throws Error that says what to install
 */
export async function findProgram(name: string): Promise<string> {
  const found = findOnPath(name)
  if (found) return found
  try {
    await installFromDebian(name)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the tests need ${name}, and none was found: install it, and have it on the path. ${why}`, {
      cause,
    })
  }
  return findOnPath(name)!
}
