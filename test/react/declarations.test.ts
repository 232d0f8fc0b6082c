import { execFile } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Hooks of an application, as it would export them from a library of its own: without a type in sight. */
const HOOKS = `
import {
  latest, live, type Message, skip, useConnection, useEventLog, useEventStream, usePresence, usePresenceList, useRealtime,
  useRealtimeAction, useRealtimeSuspense, useSend,
} from 'everwire'

interface Price { readonly symbol: string; readonly price: number }

export const useMessages = () => useRealtime<Price>('ticker:all', { last: 20 })
export const useNothing = () => useRealtime(skip)
export const useSum = () =>
  useRealtime('ticker:all', { initial: 0, reduce: (sum: number, { data }: Message<Price>) => sum + data.price })
export const prices = live({ topic: 'ticker:all', initial: 0, reduce: (_: number, { data }: Message<Price>) => data.price })
export const usePrices = () => useRealtime(prices, { select: (price) => price > 5 })
export const useLatest = () => useRealtimeSuspense(latest<Price>('ticker:all'))
export const useSay = () => useSend('chat:lobby')
export const usePost = () => useRealtimeAction('chat:lobby', 'say', { toData: (text: string) => ({ text }) })
export const useStatus = () => useConnection()
export const useTransport = () => useConnection(({ transport }) => transport)
export const useWho = () => usePresence<{ mood: string }>('chat:lobby')
export const useCount = () => usePresenceList('chat:lobby', { select: ({ count }) => count })
export const useLog = () => useEventLog({ topics: 'chat:lobby' })
export const useFeed = () => useEventStream<{ price: Price }>('/feed')
`

const COMPILERS = [
  ['7', 'node_modules/@typescript/native/bin/tsc'],
  ['6', 'node_modules/typescript/bin/tsc6'],
  ['5.9', 'node_modules/typescript-5/bin/tsc'],
] as const

test.each(COMPILERS)(
  'what TypeScript %s declares of hooks without annotations can be read',
  { timeout: 120_000 },
  async (_, tsc) => {
    const folder = await realpath(await mkdtemp(`${tmpdir()}/declarations-`))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(`${folder}/hooks.ts`, HOOKS)
    const config = {
      extends: `${root}tsconfig.json`,
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: `${folder}/out`,
        types: [],
        rootDir: '/',
        allowImportingTsExtensions: true,
      },
      include: [`${folder}/hooks.ts`],
    }
    await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config))
    await run(process.execPath, [`${root}${tsc}`, '-p', folder]).catch((error: { stdout: string }) => {
      throw new Error(error.stdout)
    })
    const declared = await readFile(`${folder}/out${folder}/hooks.d.ts`, 'utf8')
    expect(declared).toMatchInlineSnapshot(`
      "import { type Message } from 'everwire';
      interface Price {
          readonly symbol: string;
          readonly price: number;
      }
      export declare const useMessages: () => import("everwire").RealtimeResult<readonly Message<Price>[], import("everwire").Send>;
      export declare const useNothing: () => import("everwire").RealtimeResult<readonly never[], import("everwire").SendTo<import("everwire").TopicRef<import("everwire").TopicTypes, string>>>;
      export declare const useSum: () => import("everwire").RealtimeResult<number, import("everwire").Send>;
      export declare const prices: import("everwire").Live<number, Price>;
      export declare const usePrices: () => import("everwire").RealtimeResult<boolean, import("everwire").Send>;
      export declare const useLatest: () => import("everwire").RealtimeResult<Message<Price> | undefined>;
      export declare const useSay: () => import("everwire").Send;
      export declare const usePost: () => import("everwire").RealtimeAction<string>;
      export declare const useStatus: () => import("everwire").ConnectionSnapshot;
      export declare const useTransport: () => import("everwire").TransportName | null;
      export declare const useWho: () => import("everwire").PresenceSnapshot<{
          mood: string;
      }>;
      export declare const useCount: () => number;
      export declare const useLog: () => import("everwire").EventLogResult;
      export declare const useFeed: () => import("everwire").EventStreamResult<readonly import("everwire").EndpointMessage<Price, "price">[]>;
      export {};
      "
    `)
  },
)
