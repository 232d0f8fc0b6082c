import type { Plugin } from 'vite'

/** What the compiler says of one function: `CompileSuccess`, or why it leaves it as it is. */
export interface CompilerEvent {
  readonly kind: string
  readonly fnName?: string | null
  readonly fnLoc?: { readonly start: { readonly line: number } } | null
  readonly detail?: unknown
}

/** Compiles one file as an application that uses React Compiler would. */
export async function compileReact(code: string, file: string): Promise<{ code: string; events: CompilerEvent[] }> {
  const events: CompilerEvent[] = []
  const logger = { logEvent: (_: string | null, event: CompilerEvent) => void events.push(event) }
  // Loaded when used: the configuration of builds and servers holds the plugin too.
  const { transformAsync } = await import('@babel/core')
  const result = await transformAsync(code, {
    filename: file,
    babelrc: false,
    configFile: false,
    sourceMaps: 'inline',
    parserOpts: { plugins: ['typescript', 'jsx'] },
    plugins: [['babel-plugin-react-compiler', { target: '19', panicThreshold: 'none', logger }]],
  })
  return { code: result!.code!, events }
}

/** Compiles what the package gives to React and the tests, whose components are an application's; not what lies below. */
export const reactCompiler = (): Plugin => ({
  name: 'everwire:react-compiler',
  enforce: 'pre',
  async transform(code, id) {
    const [file] = id.split('?') as [string]
    return /\/(?:src|test)\/(?:react|components)\/[^?]*\.tsx?$/.test(file)
      ? (await compileReact(code, file)).code
      : undefined
  },
})
