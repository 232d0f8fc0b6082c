import type { WireRequest } from '../client/transport.ts'
import { decodeServerBatch, encodeFrame } from '../protocol/codec.ts'
import { adviceOf } from '../protocol/codes.ts'
import { EverwireError } from '../protocol/errors.ts'
import type { PubFrame, ServerFrame } from '../protocol/frame.ts'
import { fetchOf, type HttpOptions, postInit } from './http-options.ts'
import { endOfRefusal } from './wire-end.ts'

/**
 * Sends messages by `POST {base}/send`. Resolves with the answers, also where the server itself refuses the request for
 * good. Rejects where the token was not accepted (`unauthenticated`) or the request failed: then nothing is known about the messages, and repeating them under the same
 * keys is harmless.
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
  if (response.ok) return decodeServerBatch(await response.text())
  const end = await endOfRefusal(response, `POST ${url}/send was answered ${response.status}`)
  // The server's own word for good, and not a proxy's: repeating the same would be answered the same.
  if (end.code !== undefined && adviceOf(end.code) === 'stop') {
    const { code, message } = end
    return frames.map(({ id }) => ({ t: 'err', id, code, msg: message }))
  }
  const code = end.code !== undefined && adviceOf(end.code) === 'renew' ? 'unauthenticated' : 'refused'
  throw new EverwireError(code, end.message, { status: response.status, retryable: true })
}
