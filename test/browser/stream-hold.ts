/** A proxy that holds event streams back and then hands over all it held as one chunk. */
export interface StreamHold {
  readonly fetch: typeof fetch
  hold(): void
  release(): void
  /** How often a text stands in what is held. */
  count(text: string): number
}

interface Stream {
  readonly controller: TransformStreamDefaultController<Uint8Array>
  held: Uint8Array[]
}

export function createStreamHold(): StreamHold {
  const streams = new Set<Stream>()
  let holding = false

  const relay = () => {
    let stream: Stream
    return new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        stream = { controller, held: [] }
        streams.add(stream)
      },
      transform(chunk, controller) {
        if (holding) stream.held.push(chunk)
        else controller.enqueue(chunk)
      },
      flush: () => void streams.delete(stream),
    })
  }

  return {
    async fetch(input, init) {
      const response = await fetch(input, init)
      return response.body ? new Response(response.body.pipeThrough(relay()), response) : response
    },
    hold() {
      holding = true
    },
    release() {
      holding = false
      for (const stream of streams) {
        if (stream.held.length > 0) stream.controller.enqueue(joined(stream.held))
        stream.held = []
      }
    },
    count: (text) =>
      [...streams].flatMap(({ held }) => new TextDecoder().decode(joined(held)).split(text).slice(1)).length,
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
