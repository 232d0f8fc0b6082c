import type { WireRequest } from '../client/transport.ts'
import { decodeServerBatch, encodeFrame } from '../protocol/codec.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { PubFrame, ServerFrame } from '../protocol/frame.ts'
import { fetchOf, type HttpOptions, postInit } from './http-options.ts'

/**
 * Sends messages by `POST {base}/send`. Resolves with the answers. Rejects where the request failed: then nothing is
 * known about the messages, and repeating them under the same keys is harmless.
 */
export async function postFrames(
  { url, identity }: WireRequest,
  options: HttpOptions,
  frames: readonly PubFrame[],
  signal: AbortSignal,
): Promise<readonly ServerFrame[]> {
  const head = JSON.stringify(await identity()).slice(0, -1)
  const body = `${head},"f":[${frames.map(encodeFrame).join(',')}]}`
  const response = await fetchOf(options)(`${url}/send`, await postInit(options, body, signal, 'application/json'))
  const text = await response.text()
  if (response.ok) return decodeServerBatch(text)
  // A proxy's page says nothing that a person wants to read here.
  const said = text.startsWith('{') ? ` ${text.slice(0, 200)}` : ''
  throw new EverwireError('refused', `POST ${url}/send was answered ${response.status}${said}`, {
    status: response.status,
    retryable: true,
  })
}
