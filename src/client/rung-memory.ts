import type { TransportName } from './transport.ts'
import type { LadderStorage } from './options.ts'

const KEY = 'everwire:'
const TTL_MS = 30 * 60_000

/** Remembers for half an hour which transport of a server worked. */
export interface RungMemory {
  /** The remembered rung, or `undefined`. */
  read(): number | undefined
  write(rung: number): void
}

/** @param storage - default: `localStorage` where there is one; a storage that throws (private mode, full) is ignored */
export function createRungMemory(
  url: string,
  names: readonly TransportName[],
  storage: LadderStorage | undefined,
): RungMemory {
  const store = () => storage ?? (globalThis as { localStorage?: LadderStorage }).localStorage
  return {
    read() {
      try {
        const [name, at] = (store()?.getItem(KEY + url) ?? '').split(' ')
        const rung = names.indexOf(name as TransportName)
        return rung > 0 && Math.abs(Date.now() - Number(at)) < TTL_MS ? rung : undefined
      } catch {
        return undefined
      }
    },
    write(rung) {
      try {
        if (rung > 0) store()?.setItem(KEY + url, `${names[rung]} ${Date.now()}`)
        else store()?.removeItem(KEY + url)
      } catch {
        // Without a memory the ladder only starts at the top again.
      }
    },
  }
}
