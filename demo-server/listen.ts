import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv from 'sirv'
import { createDemoServer, type DemoServer, type DemoServerOptions } from './create-demo-server.ts'
import { serveStorybook, type StorybookOptions } from './storybook.ts'

export interface ListenOptions extends DemoServerOptions {
  /** `0`: any free port. @defaultValue 0 */
  readonly port?: number
  /** @defaultValue '127.0.0.1' */
  readonly host?: string
  /** A folder with a built page to serve beside the endpoints. */
  readonly staticDir?: string
  /** A built Storybook to serve below `/storybook`. */
  readonly storybook?: StorybookOptions
}

export interface ListeningDemoServer {
  readonly demo: DemoServer
  readonly port: number
  /** Such as `http://127.0.0.1:3210`. */
  readonly url: string
  /** Ends the server and all connections; safe to call twice. */
  stop(this: void): Promise<void>
}

/** Runs a demo server on a port. Rejects with what `listen` reports, such as `EADDRINUSE`. */
export async function listenDemoServer(options: ListenOptions = {}): Promise<ListeningDemoServer> {
  const { port = 0, host = '127.0.0.1', staticDir, storybook, ...rest } = options
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening')
  const demo = createDemoServer(rest)
  const serveFiles = staticDir === undefined ? undefined : sirv(staticDir, { etag: true })
  const handleStorybook = storybook && serveStorybook(storybook)
  server.on('request', (req, res) => {
    const notFound = () =>
      void res.writeHead(404, { 'content-type': 'text/plain' }).end(`there is nothing at ${req.url}`)
    if (demo.handle(req, res) || handleStorybook?.(req, res)) return
    if (serveFiles) serveFiles(req, res, notFound)
    else notFound()
  })
  server.on('upgrade', (req, socket, head) => {
    if (!demo.handleUpgrade(req, socket, head)) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  })
  const address = server.address() as AddressInfo
  let stopping: Promise<void> | undefined
  const stop = async () => {
    server.close()
    await demo.stop()
    server.closeAllConnections()
  }
  return {
    demo,
    port: address.port,
    url: `http://${host}:${address.port}`,
    stop: () => (stopping ??= stop()),
  }
}
