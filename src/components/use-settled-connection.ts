'use client'
import { useSyncExternalStore } from 'react'
import type { ConnectionSnapshot } from '../client/connection-snapshot.ts'
import type { RealtimeClient } from '../client/realtime-client.ts'
import { createEmitter } from '../lib/emitter.ts'
import { useRealtimeClient } from '../react/client-context.ts'
import { useKeyed } from '../react/use-keyed.ts'

const IDLE: ConnectionSnapshot = Object.freeze({ status: 'idle', transport: null, error: null, trail: [] })
const getServerSnapshot = () => IDLE

/** The connection without its short troubles: one that is over within `graceMs` is never seen. */
export function useSettledConnection(graceMs: number): ConnectionSnapshot {
  const client = useRealtimeClient()
  const { subscribe, getSnapshot } = useKeyed([client, graceMs], () => settle(client.connection, graceMs))
  return useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
}

const isTrouble = ({ status }: ConnectionSnapshot): boolean => status === 'reconnecting' || status === 'offline'

/** It was fine, and now it is not, or not yet known to be. */
const isBlip = (shown: ConnectionSnapshot, now: ConnectionSnapshot): boolean =>
  !isTrouble(shown) && (isTrouble(now) || (shown.status === 'open' && now.status === 'connecting'))

/** Times its graces while somebody subscribes; without subscribers it is what it was last. */
function settle(connection: RealtimeClient['connection'], graceMs: number) {
  const changed = createEmitter<void>()
  let shown = connection.getSnapshot()
  let timer: ReturnType<typeof setTimeout> | undefined
  let off = () => {}

  function show(next: ConnectionSnapshot): void {
    clearTimeout(timer)
    timer = undefined
    if (next === shown) return
    shown = next
    changed.emit()
  }
  function look(): void {
    const now = connection.getSnapshot()
    if (!isBlip(shown, now)) show(now)
    // The grace begins with the trouble: attempts that follow do not prolong it.
    else timer ??= setTimeout(() => show(connection.getSnapshot()), graceMs)
  }

  return {
    getSnapshot: () => shown,
    subscribe: (listener: () => void): (() => void) => {
      const remove = changed.on(listener)
      if (changed.size === 1) {
        off = connection.subscribe(look)
        look()
      }
      return () => {
        remove()
        if (changed.size > 0) return
        off()
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}
