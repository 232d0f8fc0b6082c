/** Starts what feeds the topic of that name, and returns what stops it. */
export type Source = (name: string) => () => void

/** Starts `source` for the first user of a name and stops it with the last one. */
export function shareSource(source: Source): Source {
  const running = new Map<string, { users: number; stop: () => void }>()
  return (name) => {
    const shared = running.get(name) ?? { users: 0, stop: source(name) }
    running.set(name, shared)
    shared.users++
    return () => {
      if (--shared.users > 0) return
      running.delete(name)
      shared.stop()
    }
  }
}
