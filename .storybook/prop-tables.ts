import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import type { PropTables } from './read-prop-tables.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What was read last, and of which sources. */
const cache = `${root}node_modules/.cache/everwire/prop-tables.json`

/** Whose props the docs show: the components, and what stands for the options of hooks. */
const DOCUMENTED = /^src\/(?:react|components)\/.*\.tsx$|^stories\/hooks\/hook-options\.tsx$/

/** What the tables are made of. */
const findSources = (): string[] =>
  ['src', 'stories/hooks'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => (folder === 'src' ? /\.tsx?$/.test(file) : DOCUMENTED.test(file))),
  )

let reader: ChildProcess | undefined

/** Types take seconds to read, so a process of its own does it, and only where nothing was read of the same sources. */
async function readPropTables(): Promise<PropTables> {
  const sources = findSources()
  const hash = createHash('sha256')
  for (const file of [
    ...sources,
    '.storybook/tsconfig.docs.json',
    '.storybook/read-prop-tables.ts',
    'package-lock.json',
  ])
    hash.update(`${file}\n${readFileSync(root + file, 'utf8')}\n`)
  const of = hash.digest('hex')
  if (existsSync(cache)) {
    const kept = JSON.parse(readFileSync(cache, 'utf8')) as { readonly of: string; readonly tables: PropTables }
    if (kept.of === of) return kept.tables
  }
  const tables = await askReader(sources.filter((file) => DOCUMENTED.test(file)).map((file) => root + file))
  mkdirSync(dirname(cache), { recursive: true })
  // Whoever looks finds all of it or nothing.
  writeFileSync(`${cache}.${process.pid}`, JSON.stringify({ of, tables }))
  renameSync(`${cache}.${process.pid}`, cache)
  return tables
}

function askReader(files: readonly string[]): Promise<PropTables> {
  reader ??= fork(new URL('./read-prop-tables.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
  const asked = reader
  asked.unref()
  asked.channel?.unref()
  return new Promise((resolve, reject) => {
    // What waits for the answer keeps this process alive.
    const waiting = setInterval(() => {}, 60_000)
    const end = (settle: () => void) => {
      clearInterval(waiting)
      settle()
    }
    asked.once('message', (tables) => end(() => resolve(tables as PropTables)))
    asked.once('exit', (code) =>
      end(() => reject(new Error(`the tables of props could not be read: exit code ${code}`))),
    )
    asked.send(files)
  })
}

/** Gives each component the table of its props, which the docs show. */
export function propTables(): Plugin {
  // Now, since a browser is still on its way; again for what is asked for after a file has changed.
  let reading: Promise<PropTables> | undefined = readPropTables()
  reading.catch(() => {})
  return {
    name: 'everwire:prop-tables',
    watchChange(file) {
      if (/\.tsx?$/.test(file)) reading = undefined
    },
    async transform(code, id) {
      const file = id.startsWith(root) ? id.slice(root.length) : ''
      if (!DOCUMENTED.test(file)) return
      const tables = (await (reading ??= readPropTables()))[file] ?? []
      return { code: [code, ...tables.map(([name, doc]) => `${name}.__docgenInfo = ${doc}`)].join('\n'), map: null }
    },
  }
}

// As a program: reads them before anybody waits for them.
if (process.argv[1] === fileURLToPath(import.meta.url)) await readPropTables()
