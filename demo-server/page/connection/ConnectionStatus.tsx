import { useRealtimeClient } from 'everwire'
import { ConnectionBadge } from 'everwire/components'
import { IN_SENTENCE } from './rungs.ts'
import 'everwire/styles.css'
import './connection-status.css'

/** What the connection is now, and a way to ask for a new one. */
export function ConnectionStatus() {
  const client = useRealtimeClient()
  return (
    <div className="connection-status">
      <ConnectionBadge data-testid="status" labels={{ transports: IN_SENTENCE }} graceMs={0} showLatency />
      <button type="button" className="button quiet" onClick={() => client.reconnect()}>
        Reconnect now
      </button>
    </div>
  )
}
