import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { type Plugin, runnerImport } from 'vite'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import type * as DemoServer from './demo-server/vite-plugin.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/**
 * The demo server inside Vite's own server: pages and tests find it on the origin they came from. Its code is loaded
 * when a server is set up, so that builds and tests that have no use for it neither pay for it nor fall with it.
 */
function demoServer(): Plugin {
  const load = async (): Promise<Plugin> => {
    const file = here('./demo-server/vite-plugin.ts')
    const { module } = await runnerImport<typeof DemoServer>(file)
    return module.demoServerPlugin()
  }
  return {
    name: 'everwire:demo-server-when-needed',
    async configureServer(server) {
      const { configureServer } = await load()
      if (typeof configureServer === 'function') return configureServer.call(this, server)
    },
    async configurePreviewServer(server) {
      const { configurePreviewServer } = await load()
      if (typeof configurePreviewServer === 'function') return configurePreviewServer.call(this, server)
    },
  }
}

/** The components' styles as a file of their own, which those who want them import. */
const styleSheet = (): Plugin => ({
  name: 'everwire:style-sheet',
  apply: 'build',
  generateBundle() {
    const source = readFileSync(here('./src/components/styles.css'), 'utf8')
    this.emitFile({ type: 'asset', fileName: 'styles.css', source })
    // TypeScript 6 looks for the types of what is imported for its effect alone.
    this.emitFile({ type: 'asset', fileName: 'styles.css.d.ts', source: 'export {}\n' })
  },
})

/** In the project's own files; `test/support/react-18.ts` does it for what packages require. */
const REACT_18 = [
  { find: /^react(?=$|\/)/, replacement: 'react-18' },
  { find: /^react-dom(?=$|\/)/, replacement: 'react-dom-18' },
]

/** What only test runs need: others do not wait until a browser, a compiler and all stories are found. */
async function testOptions(): Promise<NonNullable<ViteUserConfig['test']>> {
  const [{ chromiumProvider }, { reactCompiler }, { storybookTest }] = await Promise.all([
    import('./test/support/browser-provider.ts'),
    import('./test/support/react-compiler.ts'),
    import('@storybook/addon-vitest/vitest-plugin'),
  ])
  const browser = () => ({
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: chromiumProvider(),
    instances: [{ browser: 'chromium' as const }],
  })
  return {
    passWithNoTests: true,
    reporters: ['default', './test/support/plain-reporter.ts'],
    coverage: { provider: 'v8' as const, include: ['src/**'] },
    projects: [
      {
        extends: true as const,
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.dom.test.ts', 'test/browser/**', 'test/types/**'],
        },
      },
      {
        extends: true as const,
        test: {
          name: 'dom',
          environment: 'jsdom',
          include: ['test/**/*.dom.test.{ts,tsx}'],
          setupFiles: ['test/support/setup-dom.ts'],
        },
      },
      {
        extends: true as const,
        plugins: [reactCompiler()],
        test: {
          name: 'compiled',
          environment: 'jsdom',
          include: ['test/{react,components}/**/*.dom.test.{ts,tsx}', 'test/{react,components}/server-render.test.ts'],
          setupFiles: ['test/support/setup-dom.ts'],
        },
      },
      {
        extends: true as const,
        resolve: { alias: REACT_18 },
        test: {
          name: 'react-18',
          environment: 'jsdom',
          include: ['test/{react,components}/**/*.dom.test.{ts,tsx}', 'test/{react,components}/server-render.test.ts'],
          // What older versions of React do not have.
          exclude: ['test/**/*.react-19.dom.test.{ts,tsx}'],
          setupFiles: ['test/support/react-18.ts', 'test/support/setup-dom.ts'],
        },
      },
      {
        extends: true as const,
        plugins: [demoServer()],
        optimizeDeps: { include: ['react-dom/client'] },
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser.test.{ts,tsx}'],
          browser: browser(),
        },
      },
      {
        extends: true as const,
        plugins: await storybookTest({ configDir: here('.storybook') }),
        test: {
          name: 'storybook',
          // A story waits for a real server in a real browser; the stories of some files wait at the same time.
          testTimeout: 60_000,
          maxWorkers: 3,
          // After the others: a browser full of stories beside them leaves neither enough time.
          sequence: { groupOrder: 1 },
          browser: browser(),
        },
      },
      {
        extends: true as const,
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, checker: 'tsc', include: ['test/types/**/*.test-d.ts'] },
        },
      },
    ],
  }
}

export default defineConfig(async ({ mode }) => ({
  plugins: [react(), ...(mode === 'demo' ? [demoServer()] : [styleSheet()])],
  resolve: { tsconfigPaths: true },
  ...(mode === 'demo'
    ? {
        root: here('./demo-server/page'),
        build: { outDir: here('./demo-dist'), emptyOutDir: true },
      }
    : {
        build: {
          lib: {
            entry: {
              index: 'src/index.ts',
              client: 'src/client.ts',
              components: 'src/components.ts',
              server: 'src/server.ts',
            },
            formats: ['es' as const],
          },
          target: 'es2022',
          minify: false,
          sourcemap: true,
          rolldownOptions: {
            external: [/^[^./]/],
            output: { preserveModules: true, preserveModulesRoot: 'src', entryFileNames: '[name].js' },
          },
        },
      }),
  ...(mode === 'test' && { test: await testOptions() }),
}))
