/** Posts JSON and throws what the server had to say where it did not agree. */
export async function postJson(url: string, value: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(value) })
  const body = (await response.json()) as { error?: string }
  if (!response.ok) throw new Error(body.error ?? `${url} answered ${response.status}`)
  return body
}
