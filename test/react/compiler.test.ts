import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { ESLint } from 'eslint'
import { expect, test } from 'vitest'
import { compileReact } from '../support/react-compiler.ts'

const root = new URL('../..', import.meta.url).pathname

/** What looks like a hook or a component: what a file says and what the compiler compiled must be the same. */
const DECLARED = /^(?:export )?(?:default )?(?:function|const) (use[A-Z]\w*|[A-Z]\w*)(?=[<(]| = (?:<[^=]*>)?\()/gm

const files = ['src/react', 'src/components']
  .filter((folder) => existsSync(`${root}${folder}`))
  .flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((file) => `${root}${folder}/${file}`),
  )
  .filter((file) => /\.tsx?$/.test(file))

async function judge(code: string, file: string) {
  const { events } = await compileReact(code, file)
  const lines = code.split('\n')
  const successes = events.filter(({ kind }) => kind === 'CompileSuccess')
  return {
    // An arrow function has no name of its own: that of the line where it begins.
    compiled: new Set(
      successes.map(({ fnName, fnLoc }) => fnName ?? / (\w+) = /.exec(lines[(fnLoc?.start.line ?? 0) - 1] ?? '')?.[1]),
    ),
    refused: events.filter(({ kind }) => kind !== 'CompileSuccess'),
  }
}

test('React Compiler compiles every hook and every component', async () => {
  const missed: string[] = []
  let count = 0
  for (const file of files) {
    const code = readFileSync(file, 'utf8')
    const { compiled, refused } = await judge(code, file)
    const name = relative(root, file)
    for (const { kind, fnLoc, detail } of refused) missed.push(`${name}:${fnLoc?.start.line} ${kind} ${String(detail)}`)
    for (const declared of new Set([...code.matchAll(DECLARED)].map(([, hook]) => hook!))) {
      count++
      if (!compiled.has(declared)) missed.push(`${name} ${declared} was not compiled`)
    }
  }
  expect(missed).toEqual([])
  expect(count).toBeGreaterThan(20)
}, 60_000)

test('nothing of it forces React to render at once, which would cut view transitions and typing short', () => {
  expect(files.filter((file) => /flushSync|['"]react-dom/.test(readFileSync(file, 'utf8')))).toEqual([])
})

const WRONG = `
import { useEffect, useRef, useState } from 'react'
export function useWrong(value: number) {
  const latest = useRef(value)
  latest.current = value
  const [state, setState] = useState(0)
  useEffect(() => setState(value), [])
  return state
}
`

test('what the compiler would leave as it is is found', async () => {
  const { compiled, refused } = await judge(WRONG, `${root}src/react/wrong.ts`)
  expect([...compiled]).toEqual([])
  expect(refused.map(({ kind }) => kind)).toContain('CompileError')
})

test('the rules of React are all in force, and find what is wrong', async () => {
  const eslint = new ESLint({ cwd: root })
  const [result] = await eslint.lintText(WRONG, { filePath: `${root}src/react/wrong.ts` })
  const rules = result!.messages.map(({ ruleId }) => ruleId)
  expect(rules).toEqual(
    expect.arrayContaining(['react-hooks/refs', 'react-hooks/set-state-in-effect', 'react-hooks/exhaustive-deps']),
  )
}, 60_000)
