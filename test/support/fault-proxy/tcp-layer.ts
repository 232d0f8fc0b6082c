import { connect, createServer, type Socket } from 'node:net'
import type { Scope } from '../../../src/lib/scope.ts'
import type { Store } from '../../../src/lib/store.ts'
import type { CutHow, FaultSettings } from './settings.ts'
import { createShaper } from './shaper.ts'
import type { Traffic } from './traffic.ts'

const HOST = '127.0.0.1'

export interface TcpLayer {
  readonly port: number
  /** Ends every connection now. */
  cut(how: CutHow): void
  /** From now on the bytes of every open connection vanish, both ways, and so do the ends. New ones are fine. */
  halfOpen(): void
  /** Refuses connections and resets the open ones. */
  down(): Promise<void>
  up(): Promise<void>
}

interface Link {
  cut(how: CutHow): void
  vanish(): void
  update(): void
}

/** One client's connection and its continuation to `port`. */
function openLink(client: Socket, port: number, settings: Store<FaultSettings>, scope: Scope): Link {
  const upstream = connect({ port, host: HOST, allowHalfOpen: true })
  client.setNoDelay(true)
  upstream.setNoDelay(true)
  let vanished = false
  let ending = false
  let leftBytes = Infinity

  const cut = (how: CutHow) => {
    if (scope.stopped) return
    if (how === 'rst') client.resetAndDestroy()
    else client.destroySoon()
    ending = true
    scope.stop()
  }

  const down = createShaper(
    upstream,
    {
      write(bytes) {
        const { cutAfterBytes, cutHow } = settings.get()
        if (cutAfterBytes === null) leftBytes = Infinity
        else if (leftBytes === Infinity) leftBytes = cutAfterBytes
        const passing = bytes.subarray(0, leftBytes)
        leftBytes -= passing.length
        if (leftBytes > 0) client.write(passing)
        else client.write(passing, () => cut(cutHow))
      },
      end: () => client.end(),
    },
    settings,
    scope,
  )
  const up = createShaper(
    client,
    { write: (bytes) => upstream.write(bytes), end: () => upstream.end() },
    settings,
    scope,
  )

  const join = (from: Socket, to: Socket, way: { push(bytes: Buffer): void; end(): void }) => {
    from.on('data', (bytes: Buffer) => vanished || way.push(bytes))
    from.on('end', () => vanished || way.end())
    // An error is a reset by the other side, or nobody listening there; both look like a reset from here.
    from.on('error', () => {
      if (vanished) return
      to.resetAndDestroy()
      scope.stop()
    })
    from.on('close', () => {
      if (!vanished && to.destroyed) scope.stop()
    })
  }
  join(client, upstream, up)
  join(upstream, client, down)
  scope.defer(() => {
    upstream.destroy()
    // `destroySoon` may still have bytes to write.
    if (!ending) client.destroy()
  })

  const { cutAfterMs } = settings.get()
  let cutTimerMs = cutAfterMs
  let cancelCut = cutAfterMs === null ? () => {} : scope.after(cutAfterMs, () => cut(settings.get().cutHow))
  return {
    cut,
    vanish() {
      vanished = true
    },
    update() {
      const next = settings.get()
      if (next.cutAfterMs !== cutTimerMs) {
        cutTimerMs = next.cutAfterMs
        cancelCut()
        cancelCut = next.cutAfterMs === null ? () => {} : scope.after(next.cutAfterMs, () => cut(settings.get().cutHow))
      }
      down.update()
      up.update()
    },
  }
}

/** Listens on a free port of the loopback and passes connections on to `port`, with the TCP faults of the settings. */
export async function createTcpLayer(
  port: number,
  settings: Store<FaultSettings>,
  traffic: Traffic,
  scope: Scope,
): Promise<TcpLayer> {
  const links = new Set<Link>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const linkScope = scope.child()
    const link = openLink(client, port, settings, linkScope)
    links.add(link)
    traffic.connections++
    traffic.openConnections++
    linkScope.defer(() => {
      links.delete(link)
      traffic.openConnections--
    })
  })
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at, HOST, () => {
        server.off('error', reject)
        resolve()
      })
    })
  const cut = (how: CutHow) => links.forEach((link) => link.cut(how))

  await listen(0)
  const address = server.address() as { port: number }
  scope.defer(settings.subscribe(() => links.forEach((link) => link.update())))
  scope.defer(() => server.close())
  return {
    port: address.port,
    cut,
    halfOpen: () => links.forEach((link) => link.vanish()),
    async down() {
      const closed = new Promise((resolve) => server.close(resolve))
      cut('rst')
      await closed
    },
    up: () => listen(address.port),
  }
}
