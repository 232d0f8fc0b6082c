/** Posts to the tutorial-style servers, which bring it to their rooms, event streams and polls. */
export async function postToTutorial(topic: string, type: string, data: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch('/tutorial/send', {
    method: 'POST',
    headers,
    body: JSON.stringify({ topic, type, data }),
  })
  if (!response.ok) throw new Error(`expected the message to be taken, got ${await response.text()}`)
}
