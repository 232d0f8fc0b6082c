import fc from 'fast-check'
import { expect, test } from 'vitest'
import { connect, openObject, serve } from './support.ts'

const SEED = [
  't',
  'c',
  'd',
  'e',
  'k',
  'id',
  'open',
  'sub',
  'unsub',
  'pub',
  'pres',
  'auth',
  'hb',
  'v',
  'sid',
  'subs',
  'a:b',
  '__proto__',
]

const anyFrame = fc.oneof(
  fc.record({
    t: fc.constantFrom(...SEED),
    c: fc.anything(),
    id: fc.string(),
    e: fc.string(),
    k: fc.string(),
    d: fc.anything(),
  }),
  fc.dictionary(fc.constantFrom(...SEED), fc.oneof(fc.constantFrom(...SEED), fc.anything())),
  fc.anything(),
)

/** JSON where it can be, else what came. */
function toText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return '{'
  }
}

const anyText = fc.oneof(
  anyFrame.map(toText),
  fc.string(),
  fc.constant('['.repeat(20_000)),
  fc.constant('{"t":"sub","c":{"a":"\u0000"}}'),
)

test('ten thousand random frames and bodies harm nobody else', async () => {
  const { realtime, url } = await serve({ topics: { '*': { clientSend: true } }, log: () => {} })
  const other = await connect(url, openObject({ 'quiet:a': null }))
  await other.frame('sub')
  const texts = fc.sample(anyText, { numRuns: 10_000, seed: 20_261_124 })
  for (let at = 0; at < 9_000;) {
    const client = await connect(url, openObject({}))
    await client.frame('open')
    let isOpen = true
    void client.closed.then(() => (isOpen = false))
    for (let count = 0; isOpen && count < 60 && at < 9_000; count++) {
      client.ws.send(texts[at++]!)
      if (count % 3 === 0) await new Promise(setImmediate)
    }
    client.ws.terminate()
  }
  for (let at = 9_000; at < 10_000; at += 20) {
    const ask = (body: string, path: string) =>
      fetch(`${url}/${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const answers = await Promise.all(
      texts.slice(at, at + 20).map((text, index) => ask(text, ['sse', 'poll', 'send'][index % 3]!)),
    )
    for (const answer of answers) {
      expect([400, 413, 426]).toContain(answer.status)
      await answer.body?.cancel()
    }
  }
  await realtime.publish('quiet:a', 'n', 'still here')
  await other.untilData(['still here'])
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  await expect.poll(() => realtime.connections).toBe(1)
}, 60_000)
