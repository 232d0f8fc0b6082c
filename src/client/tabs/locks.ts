import { createScope, type Scope } from '../../lib/scope.ts'

/** Stays until the scope stops. */
const untilStopped = (scope: Scope) => new Promise<void>((resolve) => void scope.defer(resolve))

/** Holds a Web Lock from now until the scope stops. Resolves when it is held, or will never be. */
export function holdLock(scope: Scope, name: string): Promise<void> {
  return new Promise((held) => {
    navigator.locks
      .request(name, { signal: scope.signal }, () => {
        held()
        return untilStopped(scope)
      })
      .catch(() => held())
  })
}

/** Calls `onFree` when nobody holds the lock any more, unless the scope stops before. */
export function watchLock(scope: Scope, name: string, onFree: () => void): void {
  navigator.locks
    .request(name, { signal: scope.signal }, () => {
      if (!scope.stopped) onFree()
    })
    .catch(() => {})
}

/**
 * Waits for the lock of those who lead, or steals it, and leads while it is held: `lead` gets a scope for that time. A
 * lock that another tab steals ends it, and the wait begins anew.
 */
export function campaign(scope: Scope, name: string, lead: (leading: Scope) => void, steal = false): void {
  const leading = createScope()
  scope.defer(leading.stop)
  navigator.locks
    .request(name, steal ? { steal } : { signal: scope.signal }, () => {
      if (scope.stopped || leading.stopped) return
      lead(leading)
      return untilStopped(leading)
    })
    .catch(() => {
      // Taken by another tab, which found this one stuck: it goes on as one of those who follow.
      if (leading.stopped || scope.stopped) return
      leading.stop()
      campaign(scope, name, lead)
    })
}
