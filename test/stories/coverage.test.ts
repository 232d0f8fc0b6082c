import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as components from '../../src/components.ts'
import * as entry from '../../src/index.ts'

const folder = fileURLToPath(new URL('../../stories', import.meta.url))

const FILES = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.stories.tsx'))
  .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))

/** Each exported story with its own text, up to the next top-level statement. */
const STORIES = FILES.flatMap(({ file, text }) =>
  [...text.matchAll(/^export const (\w+): (?:StoryObj|Story)\b.*?= \{\n(.*?)^\}/gms)].map(([, name, body]) => ({
    file,
    name: name!,
    body: body!,
  })),
)

/** Neither an import nor a comment shows anything. */
const CODE = FILES.map(({ text }) => text.replaceAll(/^import .*?from '.*?'$|\/\*\*.*?\*\//gms, '')).join('\n')

/** What an application calls or renders, but for the classes, functions and clients that stories of hooks cannot show. */
const shown = [
  ...Object.keys(entry).filter((name) => /^use[A-Z]|^[A-Z]\w*Provider$/.test(name)),
  ...['defineContract', 'withContract', 'live', 'latest', 'windowed', 'preload'],
  ...Object.keys(components).filter((name) => /^[A-Z]/.test(name)),
]

test('every hook, definition and component is in a story', () => {
  expect(shown.filter((name) => !(name in entry) && !(name in components))).toEqual([])
  expect(shown.length).toBeGreaterThan(25)
  expect([...shown, 'skip'].filter((name) => !new RegExp(`\\b${name}\\b(?!')`).test(CODE))).toEqual([])
})

test('every hook and component has a page of its own, or is on that of what it belongs to', () => {
  const titles = FILES.map(({ text }) => /title: '(?:Hooks|Components|Provider)\/(.+?)'/.exec(text)?.[1])
  const withOthers: Record<string, string> = {
    usePresenceList: 'usePresence',
    usePresenceMember: 'usePresence',
    defineContract: 'Contract',
    withContract: 'Contract',
    live: 'Definitions',
    latest: 'Definitions',
    windowed: 'Definitions',
  }
  expect(shown.filter((name) => !titles.includes(withOthers[name] ?? name))).toEqual([])
})

test('every story is a sentence that its play function proves', () => {
  expect(STORIES.length).toBeGreaterThan(100)
  const exported = FILES.flatMap(({ text }) => [...text.matchAll(/^export const /gm)])
  expect(STORIES).toHaveLength(exported.length)
  expect(STORIES.filter(({ body }) => !/^  async play\(/m.test(body)).map(({ name }) => name)).toEqual([])
  // Two words at least: a situation, and not a name of a thing.
  expect(STORIES.filter(({ name }) => !/^[A-Z][a-z]*[A-Z]/.test(name)).map(({ name }) => name)).toEqual([])
})

test('every page of stories says what it is about', () => {
  const silent = FILES.filter(({ text }) => !/ \*\/\nconst meta: Meta/.test(text))
  expect(silent.map(({ file }) => file)).toEqual([])
})

test('every component is shown in another language, from right to left, and dark', () => {
  const pages = FILES.filter(({ file }) => file.startsWith('components'))
  expect(pages).toHaveLength(Object.keys(components).filter((name) => /^[A-Z]/.test(name)).length)
  for (const { file, text } of pages) {
    for (const looks of [/\blabels(?::|=)/, /decorators: \[rightToLeft\]/, /globals: \{ scheme: 'dark' \}/]) {
      expect(looks.test(text), `${file} has ${looks}`).toBe(true)
    }
  }
})
