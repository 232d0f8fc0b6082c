import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const guide = join(repository, 'stories/guide')

/** The examples of a page that are whole: those that show what to leave behind import nothing of everwire. */
const examplesOf = (page: string): { readonly ext: string; readonly code: string }[] =>
  [...readFileSync(join(guide, page), 'utf8').matchAll(/^```(tsx?)\n(.*?)^```$/gms)]
    .map(([, ext, code]) => ({ ext: ext!, code: code! }))
    .filter(({ code }) => /from 'everwire/.test(code))

test('every example of the guide compiles as it stands', { timeout: 60_000 }, async () => {
  // Below the repository, so that packages are found.
  const folder = join(repository, 'node_modules/.cache/everwire', `guide-${crypto.randomUUID()}`)
  mkdirSync(folder, { recursive: true })
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const pages = readdirSync(guide).filter((file) => file.endsWith('.mdx'))
  let count = 0
  for (const page of pages) {
    for (const { ext, code } of examplesOf(page)) {
      writeFileSync(join(folder, `${page.replace('.mdx', '')}-${++count}.${ext}`), code)
    }
  }
  expect(count).toBeGreaterThan(15)
  const compilerOptions = { noUnusedLocals: false, paths: pathsFrom(repository), types: ['node'] }
  const config = { extends: join(repository, 'tsconfig.json'), compilerOptions, include: ['*'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(repository, 'node_modules/@typescript/native/bin/tsc')
  const complaints = await promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  expect(complaints).toBe('')
})

const pathsFrom = (root: string) => ({
  everwire: [join(root, 'src/index.ts')],
  'everwire/client': [join(root, 'src/client.ts')],
  'everwire/server': [join(root, 'src/server.ts')],
})

test('links of the guide lead to pages and stories that exist', () => {
  const files = readdirSync(join(repository, 'stories'), { recursive: true, encoding: 'utf8' })
  const ids = new Set<string>()
  for (const file of files.filter((name) => /\.(mdx|stories\.tsx)$/.test(name))) {
    const text = readFileSync(join(repository, 'stories', file), 'utf8')
    const title = /title(?:=|: )["'](.+?)["']/.exec(text)?.[1]
    if (!title) continue
    ids.add(`${idOf(title)}--docs`)
    for (const [, story] of text.matchAll(/^export const (\w+): /gm)) ids.add(`${idOf(title)}--${kebab(story!)}`)
  }
  const links = readdirSync(guide)
    .filter((file) => file.endsWith('.mdx'))
    .flatMap((file) => [...readFileSync(join(guide, file), 'utf8').matchAll(/\?path=\/(?:docs|story)\/([\w-]+)/g)])
    .map(([, id]) => id!)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((id) => !ids.has(id))).toEqual([])
})

/** As Storybook makes them of titles and of the names of exports. */
const idOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
const kebab = (name: string) =>
  idOf(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2'))
