/** Defaults of the protocol's limits. The server announces those a client must keep in its `open` frame. */
export const LIMITS = {
  /** Bytes of one incoming batch or open object. */
  inBytes: 65_536,
  /** Bytes of one message's data, as JSON. */
  dataBytes: 32_768,
  /** Topics of one connection. */
  topics: 100,
  /** Bytes of a topic's name; its characters are ASCII, so characters too. */
  topicBytes: 200,
  /** Characters of an event's name, of a frame id and of an idempotency key. */
  nameChars: 64,
  /** Messages that one resume replays for a topic; a resume that misses more is answered `reset: limit`. */
  replayMessages: 500,
  /** Bytes that one resume replays for a topic. */
  replayBytes: 1_048_576,
  /** Bytes waiting for one connection; above it the server stops pushing and later pulls from history. */
  bufferBytes: 262_144,
  /** Frames in one `POST send`. */
  sendFrames: 32,
  /** Time a client has for its open object after the WebSocket opened, in milliseconds. */
  openMs: 10_000,
  /** Time a long poll is held when the client does not say, in milliseconds. */
  pollWaitMs: 25_000,
} as const

const TOPIC = /^[A-Za-z0-9_.~@:/-]{1,200}$/

/** Whether a name can be a topic: 1 to 200 of the characters `A-Z a-z 0-9 _ . ~ @ : / -`. */
export const isTopic = (name: string): boolean => TOPIC.test(name)

/** Throws a `TypeError` that says what a topic's name may be. */
export function assertTopic(name: unknown): asserts name is string {
  if (typeof name === 'string' && isTopic(name)) return
  const came =
    typeof name === 'string' ? `${name.length} characters: ${JSON.stringify(name.slice(0, 60))}` : typeof name
  throw new TypeError(`a topic must be 1 to 200 of A-Z a-z 0-9 _ . ~ @ : / -, got ${came}`)
}
