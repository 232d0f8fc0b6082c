import { fileURLToPath } from 'node:url'
import { withCompilerOptions } from 'react-docgen-typescript'
import ts from 'typescript'

/** Of each file, by its path in the repository, the components by name, and what the docs are told of them, as JSON. */
export type PropTables = Readonly<Record<string, readonly (readonly [name: string, doc: string])[]>>

const root = fileURLToPath(new URL('..', import.meta.url))
const configFile = fileURLToPath(new URL('./tsconfig.docs.json', import.meta.url))
const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as { readonly config: unknown }
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(new URL('.', import.meta.url)))

const parser = withCompilerOptions(options, {
  shouldExtractLiteralValuesFromEnum: true,
  shouldIncludePropTagMap: true,
  propFilter: ({ parent }) => !parent || !/node_modules/.test(parent.fileName),
})

let program: ts.Program | undefined

// A process of its own, which is asked with the files to read.
process.on('message', (files: string[]) => {
  // What did not change since is not read again.
  program = ts.createProgram(files, options, undefined, program)
  const tables: Record<string, [string, string][]> = {}
  const docs = parser.parseWithProgramProvider(files, () => program!)
  for (const { filePath, displayName, description, props, tags } of docs) {
    const ofFile = (tables[filePath.replace(root, '')] ??= [])
    ofFile.push([displayName, JSON.stringify({ displayName, description, props, tags })])
  }
  process.send!(tables satisfies PropTables)
})
