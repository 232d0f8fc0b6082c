import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  createTutorialServer,
  type TutorialServer,
  type TutorialServerOptions,
} from '../../demo-server/tutorial/create-tutorial-server.ts'

export interface TutorialServers {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** The running instance; another one after `restart`. */
  readonly server: TutorialServer
  /** Requests and upgrades so far, over restarts. */
  readonly requests: number
  publish(topic: string, type: string, data: unknown): number
  /** Cuts every connection; new ones are accepted. */
  cut(): void
  /** Cuts every connection and listens no more. */
  stop(): Promise<void>
  /** Listens again on the same port, with an empty history. */
  restart(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The tutorial-style servers on a port of their own. */
export async function startTutorialServers(options?: TutorialServerOptions): Promise<TutorialServers> {
  const sockets = new Set<Socket>()
  let tutorial: TutorialServer
  let http: Server
  let requests = 0

  async function listen(port: number): Promise<void> {
    tutorial = createTutorialServer({ path: '', ...options })
    http = createServer((request, response) => {
      requests++
      if (!tutorial.handle(request, response)) response.writeHead(404).end()
    })
    http.on('upgrade', (request, socket, head) => {
      requests++
      if (!tutorial.handleUpgrade(request, socket, head)) socket.destroy()
    })
    http.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  }

  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => http.close(resolve))
    cut()
    tutorial.stop()
    await closed
  }

  await listen(0)
  const { port } = http!.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get server() {
      return tutorial
    },
    get requests() {
      return requests
    },
    publish: (topic, type, data) => tutorial.publish(topic, type, data),
    cut,
    stop,
    async restart() {
      await stop()
      await listen(port)
    },
    [Symbol.asyncDispose]: async () => {
      if (http.listening) await stop()
    },
  }
}
