import type { Backplane } from '../../src/server.ts'
import type { Source } from './source.ts'

/**
 * A backplane whose topics have sources: the source of a namespace runs while somebody listens to a topic of it, and
 * no longer. The backplane is told when the first one comes and when the last one has left.
 */
export function withSources(backplane: Backplane, sources: Readonly<Record<string, Source>>): Backplane {
  const running = new Map<string, () => void>()

  const start = (name: string) => {
    // Backplanes put the tenant before the topic: `<tenant>/<namespace>:<name>`.
    const [, namespace = '', topic = ''] = /^[^/]*\/([^:]*):(.*)$/s.exec(name) ?? []
    const source = Object.hasOwn(sources, namespace) ? sources[namespace] : undefined
    if (source && !running.has(name)) running.set(name, source(topic))
  }
  const stop = (name: string) => {
    running.get(name)?.()
    running.delete(name)
  }

  return {
    ...backplane,
    subscribe(names) {
      names.forEach(start)
      return backplane.subscribe(names)
    },
    unsubscribe(names) {
      names.forEach(stop)
      return backplane.unsubscribe(names)
    },
    close() {
      ;[...running.keys()].forEach(stop)
      return backplane.close()
    },
  }
}
