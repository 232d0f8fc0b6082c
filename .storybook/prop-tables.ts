import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import type { PropTables } from './read-prop-tables.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Whose props the docs show: the components, and what stands for the options of hooks. */
const DOCUMENTED = /^src\/(?:react|components)\/.*\.tsx$|^stories\/hooks\/hook-options\.tsx$/

const findDocumented = (): string[] =>
  ['src', 'stories'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
      .filter((file) => DOCUMENTED.test(file))
      .map((file) => root + file),
  )

/**
 * Gives each component the table of its props, which the docs show. Types take seconds to read: a process of its own
 * does that while Storybook starts, and again for what is asked for after a file has changed.
 */
export function propTables(): Plugin {
  const reader = fork(new URL('./read-prop-tables.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  })
  reader.unref()
  reader.channel?.unref()
  const read = () =>
    new Promise<PropTables>((resolve, reject) => {
      reader.once('message', (tables) => resolve(tables as PropTables))
      reader.once('exit', (code) => reject(new Error(`the tables of props could not be read: exit code ${code}`)))
      reader.send(findDocumented())
    })
  let reading: Promise<PropTables> | undefined = read()
  return {
    name: 'everwire:prop-tables',
    watchChange(file) {
      if (/\.tsx?$/.test(file)) reading = undefined
    },
    async transform(code, id) {
      if (!id.startsWith(root) || !DOCUMENTED.test(id.slice(root.length))) return
      const tables = (await (reading ??= read())).get(id) ?? []
      return { code: [code, ...tables.map(([name, doc]) => `${name}.__docgenInfo = ${doc}`)].join('\n'), map: null }
    },
  }
}
