import { useConnection, useRealtimeClient } from 'everwire'
import { describeConnection } from './rungs.ts'
import './connection-status.css'

/** What the connection is now, and a way to ask for a new one. */
export function ConnectionStatus() {
  const client = useRealtimeClient()
  const connection = useConnection()
  const tone = connection.status === 'open' ? 'live' : connection.status === 'failed' ? 'broken' : 'waiting'
  const latency = connection.status === 'open' ? connection.latency : null
  return (
    <div className="connection-status">
      <p className="status-pill" data-tone={tone} data-testid="status">
        <span className="lamp" aria-hidden="true" />
        {/* Without the latency, which would be read aloud every few seconds. */}
        <span role="status">{describeConnection(connection)}</span>
        {latency !== null && (
          <span className="latency">{latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms</span>
        )}
      </p>
      <button type="button" className="button quiet" onClick={() => client.reconnect()}>
        Reconnect now
      </button>
    </div>
  )
}
