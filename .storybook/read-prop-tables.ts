import { fileURLToPath } from 'node:url'
import { withCompilerOptions } from 'react-docgen-typescript'
import ts from 'typescript'

/** Of each file the components, by name, and what the docs are told of them, as JSON. */
export type PropTables = ReadonlyMap<string, readonly (readonly [name: string, doc: string])[]>

const configFile = fileURLToPath(new URL('./tsconfig.docs.json', import.meta.url))
const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as { readonly config: unknown }
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(new URL('.', import.meta.url)))

const parser = withCompilerOptions(options, {
  shouldExtractLiteralValuesFromEnum: true,
  shouldIncludePropTagMap: true,
  propFilter: ({ parent }) => !parent || !/node_modules/.test(parent.fileName),
})

let program: ts.Program | undefined

process.on('message', (files: string[]) => {
  // What did not change since is not read again.
  program = ts.createProgram(files, options, undefined, program)
  const tables = new Map<string, [string, string][]>()
  for (const { filePath, displayName, description, props, tags } of parser.parseWithProgramProvider(
    files,
    () => program!,
  )) {
    const ofFile = tables.get(filePath) ?? []
    ofFile.push([displayName, JSON.stringify({ displayName, description, props, tags })])
    tables.set(filePath, ofFile)
  }
  process.send!(tables satisfies PropTables)
})
