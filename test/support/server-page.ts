import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ReactNode } from 'react'
import { renderToPipeableStream } from 'react-dom/server'
import { onTestFinished, vi } from 'vitest'

/** What the server says of a page, and what it complains of. */
export async function streamPage(tree: ReactNode): Promise<{ html: string; errors: unknown[] }> {
  const errors: unknown[] = []
  const body = new PassThrough()
  const html = text(body)
  renderToPipeableStream(tree, { onError: (error) => void errors.push(error) }).pipe(body)
  return { html: await html, errors }
}

type Window = typeof globalThis & { close(): void }

const { JSDOM, VirtualConsole } = createRequire(import.meta.url)('jsdom') as {
  JSDOM: new (html: string, options: object) => { readonly window: Window }
  VirtualConsole: new () => object
}

/** Those that React and the components look for. */
const BROWSER_GLOBALS = [
  'document',
  'navigator',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'getComputedStyle',
] as const

/** From here on there is a window with this page in it. React DOM looks for one when it is imported. */
export async function openPage(html: string) {
  // What jsdom lacks, such as a canvas, it would complain of.
  const { window } = new JSDOM(`<main>${html}</main>`, {
    pretendToBeVisual: true,
    virtualConsole: new VirtualConsole(),
  })
  vi.stubGlobal('window', window)
  for (const name of BROWSER_GLOBALS) vi.stubGlobal(name, window[name])
  onTestFinished(async () => {
    // React's last effects, which it runs by immediates, still look for the window.
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    vi.unstubAllGlobals()
    window.close()
  })
  const { hydrateRoot } = await import('react-dom/client')
  const main = window.document.querySelector('main')!
  const complaints: unknown[] = []
  for (const method of ['error', 'warn'] as const) {
    const spy = vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      // Server and browser are two renderers in one process, but only here.
      if (!String(args[0]).includes('Detected multiple renderers')) complaints.push(args)
    })
    onTestFinished(() => spy.mockRestore())
  }
  return {
    main,
    complaints,
    hydrate(this: void, tree: ReactNode) {
      const root = hydrateRoot(main, tree, { onRecoverableError: (error) => void complaints.push(error) })
      onTestFinished(() => root.unmount())
    },
  }
}
