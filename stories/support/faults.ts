/** Breaks or mends the connections of one client of the demo server. */
export async function setFaults(clientId: string, faults: Readonly<Record<string, string>>): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`/faults/${clientId}`, { method: 'POST', headers, body: JSON.stringify(faults) })
  if (!response.ok) throw new Error(`expected the faults to be taken, got ${await response.text()}`)
}
