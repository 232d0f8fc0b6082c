import type { EventEmitter } from 'node:events'
import type { Connect, Plugin } from 'vite'
import { createDemoServer } from './create-demo-server.ts'

/**
 * The demo server inside Vite's own server, so that a page finds `/realtime`, `/faults`, `/counters` and `/tutorial` on
 * the origin it came from: in development, in preview, in Storybook and in tests that run in a browser.
 */
export function demoServerPlugin(): Plugin {
  const mount = (middlewares: Connect.Server, server: EventEmitter | null | undefined) => {
    const demo = createDemoServer()
    middlewares.use((req, res, next) => {
      if (!demo.handle(req, res)) next()
    })
    // Other upgrades (hot reload, Storybook's channel) belong to those who share the server.
    const upgrade = (...[req, socket, head]: Parameters<typeof demo.handleUpgrade>) =>
      void demo.handleUpgrade(req, socket, head)
    server?.on('upgrade', upgrade)
    return async () => {
      server?.off('upgrade', upgrade)
      await demo.stop()
    }
  }

  return {
    name: 'everwire:demo-server',
    configureServer(vite) {
      const { hmr } = vite.config.server
      // Storybook runs Vite as middleware: there is no server of Vite's own, and Storybook's stands in the options.
      const stop = mount(vite.middlewares, vite.httpServer ?? (typeof hmr === 'object' ? hmr.server : null))
      const close = vite.close.bind(vite)
      vite.close = () => stop().then(close)
    },
    configurePreviewServer(vite) {
      const stop = mount(vite.middlewares, vite.httpServer)
      const close = vite.close.bind(vite)
      vite.close = () => stop().then(close)
    },
  }
}
