import { useState } from 'react'
import type { Faults } from '../../faults/switches.ts'
import { postJson } from '../lib/post-json.ts'

const MENDED: Faults = { websocket: 'ok', sse: 'ok', poll: 'ok', send: 'ok' }

/** The fault switches of one client. The server has the last word: what it answers is what is shown. */
export function useFaults(clientId: string) {
  const [faults, setFaults] = useState(MENDED)
  const [error, setError] = useState<string>()

  const change = async (switches: Partial<Faults>) => {
    const before = faults
    setFaults({ ...faults, ...switches })
    try {
      const answer = (await postJson(`/faults/${clientId}`, switches)) as { faults: Faults }
      setFaults(answer.faults)
      setError(undefined)
    } catch (cause) {
      setFaults(before)
      setError(cause instanceof Error ? cause.message : String(cause))
    }
  }

  return { faults, error, change, mend: () => change(MENDED) }
}
