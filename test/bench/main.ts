/** What `npm run bench -- <name>` can run. Each module's `run` prints its own table. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>>> = {
  fallback: () => import('./fallback.ts'),
  react: () => import('./react.ts'),
  'server-cost': () => import('./server-cost.ts'),
  storybook: () => import('./storybook.ts'),
  transports: () => import('./transports.ts'),
  'sse-decode': () => import('./sse-decode.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const load = BENCHES[name]
if (load) {
  const bench = await load()
  await bench.run(args)
} else {
  console.error(
    `expected one of ${Object.keys(BENCHES).join(', ')} as the benchmark's name, got ${JSON.stringify(name)}`,
  )
  process.exitCode = 1
}
