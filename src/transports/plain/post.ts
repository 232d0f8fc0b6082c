import type { Wire, WireRequest } from '../../client/transport.ts'
import { EverwireError } from '../../protocol/errors.ts'
import type { PubFrame, ServerFrame } from '../../protocol/frame.ts'
import { fetchOf, type HttpOptions, postInit } from '../http-options.ts'
import { endpointUrl, type PlainSend } from './message.ts'

export interface PlainPostOptions extends HttpOptions {
  readonly send?: string
  readonly write: (message: PlainSend) => unknown
}

export const sendOf = ({ c, e, d, k }: PubFrame): PlainSend => ({ topic: c, type: e, data: d, key: k })

/** Sends by one POST a message; without a URL for it every send is rejected with what to do. */
export function plainPost(request: WireRequest, options: PlainPostOptions): NonNullable<Wire['post']> {
  return async (frames, signal) => {
    const answers: ServerFrame[] = []
    for (const frame of frames) {
      if (options.send === undefined) {
        answers.push({
          t: 'err',
          id: frame.id,
          code: 4003,
          msg: 'this transport cannot send; give plain() a `send` URL',
        })
        continue
      }
      const url = endpointUrl(request, options.send).href
      const body = JSON.stringify(options.write(sendOf(frame)))
      const response = await fetchOf(options)(url, await postInit(options, body, signal, 'application/json'))
      void response.body?.cancel().catch(() => {})
      if (response.ok) answers.push({ t: 'ack', id: frame.id, i: '' })
      else if (response.status >= 500 || response.status === 429) {
        // Those before it were stored; those after it wait for their turn.
        if (answers.length > 0) return answers
        throw new EverwireError('refused', `POST ${url} was answered ${response.status}`, {
          status: response.status,
          retryable: true,
        })
      } else
        answers.push({
          t: 'err',
          id: frame.id,
          code: response.status,
          msg: `POST ${url} was answered ${response.status}`,
        })
    }
    return answers
  }
}
