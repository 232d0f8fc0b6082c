import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import type * as Client from '../../src/client.ts'

declare global {
  interface Window {
    /** `everwire/client`, as a page of a test finds it. */
    everwire: typeof Client
  }
}

const HTML = `<!doctype html><title>client</title><script type="module">
import * as everwire from '/assets/client.js'
window.everwire = everwire
</script>`

/**
 * Bundles `everwire/client` for a page, with what it loads on demand, and serves it: `/` is an empty page that has it as
 * `window.everwire`. Returns a listener for requests that says whether the request was its own.
 */
export async function buildClientPage(): Promise<(request: IncomingMessage, response: ServerResponse) => boolean> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        preserveEntrySignatures: 'strict',
        input: { client: fileURLToPath(new URL('../../src/client.ts', import.meta.url)) },
        output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name]-[hash].js' },
      },
    },
  })) as Rolldown.RolldownOutput
  const files = new Map(
    built.output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])),
  )
  return (request, response) => {
    const path = request.url ?? ''
    const code = files.get(path)
    if (code === undefined && path !== '/') return false
    response.setHeader('content-type', code === undefined ? 'text/html' : 'text/javascript')
    response.end(code ?? HTML)
    return true
  }
}
