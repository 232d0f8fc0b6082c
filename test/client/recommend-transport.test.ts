import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recommendTransport, type TransportRequirements } from '../../src/client/recommend-transport.ts'

const PLAIN: TransportRequirements = {
  direction: 'down',
  messagesPerSecond: 1,
  binary: false,
  latency: 'a-second',
  proxies: 'open',
  http2: true,
  infrastructure: 'servers',
  tabs: 1,
}

const first = (requirements: Partial<TransportRequirements>) =>
  recommendTransport({ ...PLAIN, ...requirements }).ranked[0].transport

test.each<[string, Partial<TransportRequirements>, string]>([
  ['a chat that is typed in all day', { direction: 'both', messagesPerSecond: 20, latency: 'at-once' }, 'websocket'],
  [
    'a game with packed state',
    { direction: 'both', binary: true, messagesPerSecond: 60, latency: 'at-once' },
    'websocket',
  ],
  ['a dashboard', { messagesPerSecond: 10 }, 'sse'],
  ['notifications on HTTP/1.1 with many tabs', { http2: false, tabs: 20 }, 'websocket'],
  [
    'a status page behind corporate proxies',
    { proxies: 'corporate', latency: 'some-seconds', http2: false },
    'longpoll',
  ],
  ['anything on functions', { infrastructure: 'functions', direction: 'both', latency: 'at-once' }, 'longpoll'],
])('%s begins with what fits', (_, requirements, transport) => {
  expect(first(requirements)).toBe(transport)
})

const requirements: fc.Arbitrary<TransportRequirements> = fc.record({
  direction: fc.constantFrom('down' as const, 'both' as const),
  messagesPerSecond: fc.double({ min: 0, max: 10_000, noNaN: true }),
  binary: fc.boolean(),
  latency: fc.constantFrom('at-once' as const, 'a-second' as const, 'some-seconds' as const),
  proxies: fc.constantFrom('open' as const, 'own' as const, 'corporate' as const),
  http2: fc.boolean(),
  infrastructure: fc.constantFrom('servers' as const, 'functions' as const),
  tabs: fc.integer({ min: 1, max: 50 }),
})

test('whatever is asked, all three are ranked, with reasons, and what cannot be done is last and says why', () => {
  fc.assert(
    fc.property(requirements, (asked) => {
      const { ranked, code } = recommendTransport(asked)
      expect(ranked.map(({ transport }) => transport).toSorted()).toEqual(['longpoll', 'sse', 'websocket'])
      const scores = ranked.map(({ score }) => score)
      expect(scores).toEqual(scores.toSorted((a, b) => b - a))
      expect(ranked[0].excluded).toBe(false)
      for (const { excluded, reasonsFor, reasonsAgainst, pitfalls } of ranked) {
        expect(reasonsFor.length + reasonsAgainst.length).toBeGreaterThan(0)
        expect(reasonsAgainst.length > 0 || !excluded).toBe(true)
        expect(new Set(pitfalls.map(({ name }) => name)).size).toBe(pitfalls.length)
      }
      expect(code).toContain('createClient({')
      expect(recommendTransport(asked)).toEqual({ ranked, code })
    }),
  )
})

test('a need that only one transport meets never lowers its rank', () => {
  const rank = (asked: TransportRequirements, transport: string) =>
    recommendTransport(asked).ranked.findIndex((one) => one.transport === transport)
  fc.assert(
    fc.property(requirements, (asked) => {
      const binary = { ...asked, binary: false }
      expect(rank({ ...binary, binary: true }, 'websocket')).toBeLessThanOrEqual(rank(binary, 'websocket'))
      const open = { ...asked, proxies: 'open' as const }
      expect(rank({ ...open, proxies: 'corporate' }, 'longpoll')).toBeLessThanOrEqual(rank(open, 'longpoll'))
    }),
  )
})

test('the pitfall of six connections is named where it applies, and the code shares the connection', () => {
  const crowded = recommendTransport({ ...PLAIN, http2: false, tabs: 20 })
  const sse = crowded.ranked.find(({ transport }) => transport === 'sse')!
  expect(sse.pitfalls.map(({ name }) => name)).toContain('six-connections')
  expect(crowded.code).toContain('shareTabs: true')
  expect(recommendTransport(PLAIN).code).not.toContain('shareTabs')
})

test('the code names the transports in their order, and those alone that can be used', () => {
  expect(recommendTransport({ ...PLAIN, direction: 'both', binary: true, latency: 'at-once' }).code).toBe(
    `import { createClient } from 'everwire'

// WebSocket, then Server-Sent Events, then Long polling
export const client = createClient({
  url: '/realtime',
})`,
  )
  expect(recommendTransport({ ...PLAIN, infrastructure: 'functions' }).code).toContain('transports: [longPoll()],')
})

test('numbers that are none are refused with what came', () => {
  expect(() => recommendTransport({ ...PLAIN, tabs: Number.NaN })).toThrow('tabs must be a number from 0 on, got NaN')
  expect(() => recommendTransport({ ...PLAIN, messagesPerSecond: -1 })).toThrow('messagesPerSecond')
})
